import { context, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import type { HookTrace } from '../../lib/diagnostics/events.js'
import otel, { type OtelOptions } from '../../plugins/otel.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { isChild, RecordedSpans } from '../fixtures/spans.js'
import { startTraced } from '../fixtures/traced-server.js'
import { until } from '../fixtures/until.js'

const spans = new RecordedSpans()

const listened = (): string[] =>
  Object.entries(diagnostics).flatMap(([name, channel]) => (channel.hasSubscribers ? [name] : []))

async function call(t: Test, base: string, user = 'alice') {
  const channel = connectPhoenix(t, `${base}/socket`, { params: { user_id: user } }).channel(`user:${user}`)
  await join(channel)
  return push(channel, 'call_hook', { plugin: 'arena', fn: 'fire' })
}

t.test('while nobody has set up a tracer nothing is built, and one that comes later is found', async (t) => {
  const { base } = await startTraced(t)
  const seen: HookTrace[] = []
  const listener = (message: unknown) => seen.push(message as HookTrace)
  diagnostics.hook.start.subscribe(listener)
  t.teardown(() => diagnostics.hook.start.unsubscribe(listener))
  await call(t, base)
  t.equal(seen.length, 1)
  t.notOk(
    Reflect.ownKeys(seen[0] ?? {}).some((key) => typeof key === 'symbol'),
    'nothing is on the message'
  )
  t.equal(seen[0]?.within, undefined)

  spans.register()
  t.match(await call(t, base), { status: 'ok' })
  await spans.one('phoenix.hook arena.fire')
  spans.reset()
})

t.test('nothing is listened to any more when the server has closed', async (t) => {
  t.same(listened(), [])
  const { app, base } = await startTraced(t)
  t.ok(listened().length > 5)
  await call(t, base)
  await app.close()
  t.same(listened(), [])
  spans.reset()
})

t.test(
  'several servers in a process, each with its own: what happens on one is told by it alone',
  async (t) => {
    const [own, other] = [new RecordedSpans(), new RecordedSpans()]
    const here = await startTraced(t, {}, { tracerProvider: own.provider })
    const there = await startTraced(t, {}, { tracerProvider: other.provider })
    const silent = await startTraced(t, {}, { tracerProvider: false })
    await call(t, here.base)
    await call(t, silent.base)
    await own.one('phoenix.hook arena.fire')
    t.same(other.all, [])
    await call(t, there.base)
    await other.one('phoenix.hook arena.fire')
    t.equal(own.named('phoenix.hook arena.fire').length, 1)
  }
)

t.test('a server that has it twice has one span all the same', async (t) => {
  const { base } = await startTraced(t, {}, {}, async (app) => {
    await app.register(otel)
  })
  await call(t, base)
  await spans.one('phoenix.hook arena.fire')
  await spans.one('phoenix.connect /socket')
  spans.reset()
})

t.test('nothing of one socket gets into the trace of another one', async (t) => {
  const { base } = await startTraced(t)
  const users = Array.from({ length: 20 }, (_, i) => `user-${i}`)
  await Promise.all(users.map((user) => call(t, base, user)))
  const hooks = () => spans.named('phoenix.hook arena.fire')
  await until(() => hooks().length === users.length)
  for (const hook of hooks()) {
    t.equal(spans.all.filter((span) => isChild(span, hook)).length, 1)
    t.equal(new Set(hook.links.map(({ context }) => context.traceId)).size, 2)
  }
  t.equal(new Set(hooks().map((hook) => hook.spanContext().traceId)).size, users.length)
  t.equal(new Set(hooks().map((hook) => hook.links[0]?.context.spanId)).size, users.length)
  t.equal(trace.getSpan(context.active()), undefined)
  spans.reset()
})

t.test(
  'a handler that is not sampled is active all the same: what it calls is not sampled either',
  async (t) => {
    const provider = new NodeTracerProvider({ sampler: new AlwaysOffSampler() })
    const { base } = await startTraced(t, {}, { tracerProvider: provider })
    t.match(await call(t, base), { status: 'ok' })
    t.same(spans.all, [])
  }
)

const wrong: [string, unknown][] = [
  ['tracerProvider', {}],
  ['tracerProvider', null],
  ['meterProvider', 'global'],
  ['topics', 1],
  ['tracer', {}]
]
for (const [name, value] of wrong) {
  t.test(`${name} ${JSON.stringify(value)} is refused`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(otel, { [name]: value } as OtelOptions), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: new RegExp(name)
    })
    t.same(listened(), [])
  })
}
