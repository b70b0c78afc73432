/** The load target with a history of each room. */
import { demoHooks } from '../lib/server/demo-hooks.js'
import { serveLoadTarget } from './lib/load-target.js'
import { runProgram } from './lib/program.js'

await runProgram((address) => serveLoadTarget(address, [demoHooks()], { history: { size: 100 } }))
