/** The load target, each of whose spans is recorded. */
import { serveTraced } from './serve-traced.js'

await serveTraced()
