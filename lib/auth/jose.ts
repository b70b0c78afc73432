import { lazy } from '../util/lazy.js'

/** What reads and makes JSON Web Tokens: many servers have other tokens, or none. */
export const jose = lazy(() => import('jose'))

/** Has it loaded by who will need it: with the first client the process may be out of files. A failure is that client's. */
export function preloadJose(): void {
  void jose()
}
