import './types.js'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { register as defaultRegister, type Registry } from 'prom-client'
import { hasSiblings } from '../lib/cluster/workers/siblings.js'
import { InvalidOption } from '../lib/errors.js'
import { show } from '../lib/metrics/prometheus.js'
import { WorkerMetrics } from '../lib/metrics/workers.js'
import { demand } from '../lib/options.js'
import { packageVersion } from '../lib/server/package.js'
import { demandKnown, demandRecord } from '../lib/util/demand.js'
import { hiddenSchema } from './connect-request.js'
import { measured } from './measured-server.js'
import { registerOptions } from './register-options.js'
import { serverOf } from './service.js'

/** How metrics are shown. */
export interface MetricsOptions {
  /**
   * Where Prometheus finds them; a prefix of the context is put before it. `false` makes no route: whoever has the
   * register shows them. Default: `/metrics`.
   */
  path?: string | false
  /** The register that they go into. Default: the one that prom-client has for the whole process. */
  register?: Registry
}

const optionNames = new Set(['path', 'register', ...registerOptions])

async function metrics(app: FastifyInstance, options: MetricsOptions): Promise<void> {
  demandRecord(InvalidOption, 'options', options)
  demandKnown(demand, options, optionNames)
  const { path = '/metrics', register = defaultRegister } = options
  demand(
    'path',
    path === false || (typeof path === 'string' && path.startsWith('/')),
    'must be a path or false'
  )
  demand('register', isRegister(register), 'must be a Registry of prom-client')
  const hide = show(register, measured(serverOf(app), packageVersion()))
  app.addHook('onClose', async () => hide())
  if (path === false) return
  const workers = hasSiblings() ? new WorkerMetrics(register, app.prefix + path) : undefined
  app.addHook('onClose', async () => workers?.close())
  app.get(path, { logLevel: 'warn', schema: hiddenSchema }, async (_request, reply) => {
    reply.header('content-type', register.contentType).header('cache-control', 'no-store')
    return workers === undefined ? register.metrics() : workers.text()
  })
}

function isRegister(register: unknown): boolean {
  return typeof Object(register).registerMetric === 'function'
}

/**
 * Shows what a server counts and measures to Prometheus, at `GET /metrics`. Needs `prom-client` 15. In a worker of
 * `supervise()` one scrape shows all workers of the machine, by the label `worker`. The route is as public as any
 * other: register it in a context whose hooks say who may see it. Options are {@link MetricsOptions}.
 *
 * Registering rejects with `PHX_ERR_OPTION_INVALID`, which names the option, and with the error of prom-client where
 * the register has metrics of these names already that are not ours.
 */
export default fp(metrics, { name: 'fastify-phoenix-metrics', fastify: '5.x', encapsulate: true })
