import './types.js'
import {
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  type TracerProvider
} from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { InvalidOption } from '../lib/errors.js'
import { demand } from '../lib/options.js'
import type { ObservedServer } from '../lib/otel/observed-server.js'
import { Telemetry } from '../lib/otel/otel.js'
import { scope, TracerSource } from '../lib/otel/tracer-source.js'
import { packageVersion } from '../lib/server/package.js'
import { demandKnown, demandRecord } from '../lib/util/demand.js'
import { registerOptions } from './register-options.js'
import { type PhoenixServer, serverOf } from './service.js'

/** What is told to OpenTelemetry. */
export interface OtelOptions {
  /** What makes the spans; `false` for none. Default: the global one, also where it is set up later. */
  tracerProvider?: TracerProvider | false
  /** What takes the measures; `false` for none. Default: the global one, which has to be set up by now. */
  meterProvider?: MeterProvider | false
  /**
   * Whether spans have the whole topic as `phoenix.topic`, and not its pattern alone: topics often name users.
   * Default: false.
   */
  topics?: boolean
}

const optionNames = new Set(['tracerProvider', 'meterProvider', 'topics', ...registerOptions])

async function otel(app: FastifyInstance, options: OtelOptions): Promise<void> {
  demandRecord(InvalidOption, 'options', options)
  demandKnown(demand, options, optionNames)
  const { tracerProvider, meterProvider = metrics.getMeterProvider(), topics = false } = options
  const makesTracers = tracerProvider === undefined || has(tracerProvider, 'getTracer')
  demand('tracerProvider', tracerProvider === false || makesTracers, 'must be a TracerProvider or false')
  const makesMeters = meterProvider === false || has(meterProvider, 'getMeter')
  demand('meterProvider', makesMeters, 'must be a MeterProvider or false')
  demand('topics', typeof topics === 'boolean', 'must be true or false')
  const version = packageVersion()
  const telemetry = new Telemetry({
    server: observed(serverOf(app)),
    tracers: tracerProvider === false ? undefined : new TracerSource(version, tracerProvider),
    meter: meterProvider === false ? undefined : working(meterProvider.getMeter(scope, version)),
    topics
  })
  app.addHook('onClose', async () => telemetry.close())
}

function observed({ endpoint, mounts }: PhoenixServer): ObservedServer {
  return {
    node: endpoint.node,
    patternOf(topic) {
      for (const mount of mounts) {
        const route = mount.channels.match(topic)
        if (route !== undefined) return route.pattern
      }
      return undefined
    }
  }
}

/** Where nobody takes the measures, none are made. */
function working(meter: Meter): Meter | undefined {
  return meter === createNoopMeter() ? undefined : meter
}

function has(provider: unknown, method: string): boolean {
  return typeof Object(provider)[method] === 'function'
}

/**
 * Tells OpenTelemetry what a server does: spans of connects, joins, handlers, hook calls and broadcasts, and measures
 * of the same. Needs `@opentelemetry/api` 1.9 and an SDK that the application sets up. Code of the application runs
 * within its span, so that what it calls is part of it. Options are {@link OtelOptions}.
 *
 * Registering rejects with `PHX_ERR_OPTION_INVALID`, which names the option.
 */
export default fp(otel, { name: 'fastify-phoenix-otel', fastify: '5.x' })
