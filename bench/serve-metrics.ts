/** The load target with its metrics shown, which is what counts them. */
import { demoHooks } from '../lib/server/demo-hooks.js'
import metrics from '../plugins/metrics.js'
import { serveLoadTarget } from './lib/load-target.js'
import { runProgram } from './lib/program.js'

await runProgram((address) =>
  serveLoadTarget(address, [demoHooks()], { extend: (app) => app.register(metrics) })
)
