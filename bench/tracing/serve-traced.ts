import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type Sampler,
  type SpanExporter
} from '@opentelemetry/sdk-trace-node'
import { demoHooks } from '../../lib/server/demo-hooks.js'
import otel from '../../plugins/otel.js'
import { serveLoadTarget } from '../lib/load-target.js'
import { runProgram } from '../lib/program.js'

/** Takes all spans, and does nothing with them: what an exporter costs is not ours. */
const nowhere: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => {}
}

/** Serves the load target with its spans made by an SDK. */
export async function serveTraced(sampler?: Sampler): Promise<void> {
  const spanProcessors = [
    new BatchSpanProcessor(nowhere, { maxQueueSize: 100_000, maxExportBatchSize: 10_000 })
  ]
  new NodeTracerProvider({ spanProcessors, ...(sampler && { sampler }) }).register()
  await runProgram((address) =>
    serveLoadTarget(address, [demoHooks()], { extend: (app) => app.register(otel) })
  )
}
