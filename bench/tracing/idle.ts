/** The load target with its traces listened to, and nobody who takes them. */
import { demoHooks } from '../../lib/server/demo-hooks.js'
import otel from '../../plugins/otel.js'
import { serveLoadTarget } from '../lib/load-target.js'
import { runProgram } from '../lib/program.js'

await runProgram((address) =>
  serveLoadTarget(address, [demoHooks()], { extend: (app) => app.register(otel) })
)
