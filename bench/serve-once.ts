/** The load target, which forgets keys soon: under load there are as many in seconds as elsewhere in an hour. */
import { demoHooks } from '../lib/server/demo-hooks.js'
import { serveLoadTarget } from './lib/load-target.js'
import { runProgram } from './lib/program.js'

const once = { keepMs: 1_000, rememberMs: 2_000, keys: 1_000_000 }

await runProgram((address) => serveLoadTarget(address, [demoHooks()], { once }))
