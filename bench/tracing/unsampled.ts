/** The load target, none of whose spans are recorded. */
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-node'
import { serveTraced } from './serve-traced.js'

await serveTraced(new AlwaysOffSampler())
