/**
 * The load target, `npm run bench:serve`: the plugin as an application registers it, without what
 * would keep load away from it: authentication, rate limits, origin check and logging. The bounds on
 * sizes and on the time of a hook stay, as they cost something in production too.
 */
import { demoHooks } from '../lib/server/demo-hooks.js'
import { serveLoadTarget } from './lib/load-target.js'
import { runProgram } from './lib/program.js'

await runProgram((address) => serveLoadTarget(address, [demoHooks()]))
