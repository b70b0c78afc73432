import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import t, { type Test } from 'tap'
import { measures } from '../../lib/otel/instruments.js'
import otel from '../../plugins/otel.js'
import { startNodes } from '../fixtures/nodes.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { refusal } from '../fixtures/raw-client.js'
import { startTraced } from '../fixtures/traced-server.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'

interface Point {
  readonly attributes: object
  readonly value: unknown
}

/** What is measured, by the name of the measure. */
function recorder(t: Test) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  t.teardown(() => provider.shutdown())
  const read = async () => {
    exporter.reset()
    await provider.forceFlush()
    return exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? []
  }
  const points = async (name: string): Promise<Point[]> => {
    const found = (await read()).find(({ descriptor }) => descriptor.name === name)
    return (found?.dataPoints ?? []) as Point[]
  }
  return { provider, read, points }
}

t.test('connects, joins, events, hook calls and broadcasts are timed, by what came of them', async (t) => {
  const { provider, points } = recorder(t)
  const { base, url, app } = await startTraced(
    t,
    { connect: (params) => (params.user_id === 'nobody' ? null : { userId: params.user_id }) },
    { tracerProvider: false, meterProvider: provider }
  )
  t.equal(await refusal(url, 'user_id=nobody'), 403)
  const socket = connectPhoenix(t, `${base}/socket`, { params: { user_id: 'alice' } })
  const channel = socket.channel('user:alice')
  await join(channel)
  for (const fn of ['fire', 'refuses', 'throws', 'none']) {
    await push(channel, 'call_hook', { plugin: 'arena', fn })
  }
  app.phoenix.broadcast('user:alice', 'notice', {})

  const connects = await points('phoenix.connect.duration')
  t.same(
    connects.map(({ attributes }) => attributes),
    ['refused', 'ok'].map((result) => ({
      'phoenix.path': '/socket',
      'phoenix.transport': 'websocket',
      'phoenix.result': result
    }))
  )
  t.match(await points('phoenix.join.duration'), [
    { attributes: { 'phoenix.pattern': 'user:*', 'phoenix.result': 'ok' }, value: { count: 1 } }
  ])
  const hook = { 'phoenix.hook.plugin': 'arena', 'phoenix.transport': 'websocket' }
  const hooks = await points('phoenix.hook.duration')
  t.match(hooks, [
    { attributes: { ...hook, 'phoenix.hook.function': 'fire', 'phoenix.result': 'ok' } },
    { attributes: { ...hook, 'phoenix.hook.function': 'refuses', 'phoenix.result': 'refused' } },
    { attributes: { ...hook, 'phoenix.hook.function': 'throws', 'phoenix.result': 'internal_error' } },
    { attributes: { 'phoenix.transport': 'websocket', 'phoenix.result': 'not_implemented' } }
  ])
  t.notOk('phoenix.hook.function' in (hooks[3]?.attributes ?? {}), 'no text of the client')
  t.match(await points('phoenix.handle_in.duration'), [{ attributes: { 'phoenix.pattern': 'user:*' } }])
  t.match(await points('phoenix.broadcast.receivers'), [{ attributes: {}, value: 1 }])
  t.match(await points('phoenix.refusals'), [{ attributes: { 'phoenix.kind': 'connect' }, value: 1 }])
  t.match(await points('phoenix.sockets'), [{ attributes: { 'phoenix.transport': 'websocket' }, value: 1 }])
  t.match(await points('phoenix.channels'), [{ attributes: { 'phoenix.pattern': 'user:*' }, value: 1 }])

  socket.disconnect()
  await until(async () => (await points('phoenix.sockets'))[0]?.value === 0)
  await until(async () => (await points('phoenix.channels'))[0]?.value === 0)
})

t.test('peers and messages between nodes', async (t) => {
  const { provider, points } = recorder(t)
  const { base } = await startTraced(
    t,
    { webrtc: { bindAddress: '127.0.0.1' } },
    { tracerProvider: false, meterProvider: provider }
  )
  const client = new UserClient(`${base}/socket`, 'alice')
  t.teardown(() => client.close())
  await client.join()
  await client.openPeer()
  await until(async () => (await points('phoenix.peers'))[0]?.value === 1)
  t.match(await points('phoenix.peer.open.duration'), [{ value: { count: 1 } }])
  client.close()
  await until(async () => (await points('phoenix.peers'))[0]?.value === 0)

  const { nodes } = await startNodes(t, 2, {}, async (app) => {
    await app.register(otel, { meterProvider: provider })
  })
  const [here, there] = nodes
  if (here === undefined || there === undefined) throw new Error('there are two nodes')
  const channel = connectPhoenix(t, `${there.base}/socket`).channel('room:1')
  await join(channel)
  const heard = next(channel, 'said')
  here.app.phoenix.broadcast('room:1', 'said', {})
  await heard
  const broadcasts = async (name: string) =>
    (await points(name)).find(({ attributes }) => Reflect.get(attributes, 'phoenix.kind') === 'broadcast')
      ?.value
  t.equal(await broadcasts('phoenix.cluster.published'), 1)
  t.equal(await broadcasts('phoenix.cluster.delivered'), 1)
})

t.test('every measure has a name of its own below phoenix, a unit and a description', async (t) => {
  const all = Object.values(measures)
  t.equal(new Set(all.map(([name]) => name)).size, all.length)
  for (const [name, unit, description] of all) {
    t.match(name, /^phoenix(\.[a-z_]+)+$/)
    t.match(unit, /^(s|\{[a-z]+\})$/)
    t.match(description, /\.$/)
  }
})
