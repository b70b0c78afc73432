import FastifyOtel from '@fastify/otel'
import { type Span, SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import t, { type Test } from 'tap'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { isChild, isRoot, linksOf, outcomeOf, query, RecordedSpans } from '../fixtures/spans.js'
import { startTraced } from '../fixtures/traced-server.js'

const spans = new RecordedSpans().register()
t.afterEach(() => spans.reset())

const connect = async () => {
  await query('db.connect')
  return { userId: 'alice' }
}

/** A server with @fastify/otel, and the spans of its requests: that of an upgrade may not end. */
async function startBeside(t: Test, mount = {}) {
  const requests: Span[] = []
  const server = await startTraced(t, { connect, ...mount }, {}, async (app) => {
    const instrumentation = new FastifyOtel.FastifyOtelInstrumentation({
      requestHook: (span) => requests.push(span)
    })
    await app.register(instrumentation.plugin())
  })
  return { ...server, requests }
}

/** Whether a span has a parent, and that is part of the request. */
const isOf = (request: Span | undefined, { parentSpanContext }: ReadableSpan): boolean =>
  parentSpanContext !== undefined && parentSpanContext.traceId === request?.spanContext().traceId

for (const transport of ['websocket', 'longpoll'] as const) {
  t.test(
    `beside @fastify/otel, a connect over ${transport} is part of its request, and nothing doubles`,
    async (t) => {
      const { base, requests } = await startBeside(t)
      const socket = connectPhoenix(t, `${base}/socket`, { transport })
      const channel = socket.channel('user:alice')
      await join(channel)
      await push(channel, 'call_hook', { plugin: 'arena', fn: 'fire' })

      const connected = await spans.one('phoenix.connect /socket')
      t.equal(connected.kind, SpanKind.INTERNAL)
      t.equal((await spans.childOf(connected)).name, 'db.connect')
      t.ok(isOf(requests[0], connected))
      const hook = await spans.one('phoenix.hook arena.fire')
      const event = await spans.one('phoenix.handle_in user:*')
      const joined = await spans.one('phoenix.join user:*')
      t.ok(isRoot(event) && isRoot(joined), 'what happens on the socket is no part of a request')
      t.ok(isChild(hook, event))
      t.equal(linksOf(joined).length, 1)
      t.equal(spans.named('db.query').length, 1)
      const traces = requests.map((span) => span.spanContext().traceId)
      t.notOk(traces.includes(event.spanContext().traceId))
    }
  )
}

t.test('a refused connect is part of its request, too', async (t) => {
  const { url, requests } = await startBeside(t, { connect: () => null })
  t.equal(await refusal(url), 403)
  const connected = await spans.one('phoenix.connect /socket')
  t.ok(isOf(requests[0], connected))
  t.match(outcomeOf(connected), { result: 'refused', status: 'UNSET', exceptions: [] })
})

t.test('without it a connect belongs to what the header traceparent names', async (t) => {
  const { url } = await startTraced(t, { connect })
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  await connectRaw(t, url, '', { headers: { traceparent: `00-${traceId}-${spanId}-01` } })
  const connected = await spans.one('phoenix.connect /socket')
  t.equal(connected.kind, SpanKind.SERVER)
  t.match(connected.parentSpanContext, { traceId, spanId, isRemote: true })
  t.equal((await spans.childOf(connected)).name, 'db.connect')
})

t.test('nor does one that cannot be read do any harm', async (t) => {
  const { url } = await startTraced(t, { connect })
  await connectRaw(t, url, '', { headers: { traceparent: '00-zz-1-01' } })
  t.ok(isRoot(await spans.one('phoenix.connect /socket')))
})
