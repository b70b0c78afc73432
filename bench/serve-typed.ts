/** The load target with typed hooks beside the others; on its own, as the protobuf library takes memory. */
import { demoHooks } from '../lib/server/demo-hooks.js'
import { typedHooks } from './lib/formats.js'
import { serveLoadTarget } from './lib/load-target.js'
import { runProgram } from './lib/program.js'

await runProgram((address) => serveLoadTarget(address, [demoHooks(), typedHooks]))
