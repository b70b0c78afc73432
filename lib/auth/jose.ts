import { lazy } from '../util/lazy.js'

/** What reads and makes JSON Web Tokens, loaded for the first of them: many servers have other tokens, or none. */
export const jose = lazy(() => import('jose'))
