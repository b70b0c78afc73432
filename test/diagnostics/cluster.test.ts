import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, tracingChannel } from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import type { BroadcastTrace, EngineDeliverEvent } from '../../lib/diagnostics/events.js'
import { defineChannel, Presence } from '../../plugins/phoenix.js'
import { hear, messagesOf } from '../fixtures/heard.js'
import { startNodes } from '../fixtures/nodes.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { presentRoom } from '../fixtures/rooms.js'
import { startServer } from '../fixtures/server.js'
import { until } from '../fixtures/until.js'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const context = new AsyncLocalStorage<unknown>()
const intercepting = defineChannel({
  join: () => ({ status: 'ok' }),
  handleIn: { say: (payload, channel) => channel.broadcastFrom('said', payload as object) },
  handleOut: { said: (_payload, channel) => channel.push('heard', { within: context.getStore() ?? null }) }
})

t.test('a broadcast says for how many it is, and what became of it', async (t) => {
  const heard = hear(t, 'broadcast')
  const { app, url } = await startServer(t, { channels: { 'room:*': intercepting } })
  const { node } = app.phoenix
  const clients = await Promise.all([1, 2, 3].map(() => connectRaw(t, url, 'user_id=alice')))
  for (const client of clients) await client.join('room:a')
  clients[0]?.send('1', '2', 'room:a', 'say', {})
  await clients[1]?.next()
  app.phoenix.localBroadcast('room:a', 'said', {})
  t.throws(() => app.phoenix.broadcast('room:a', 'other', 1 as never))
  app.phoenix.disconnect('user_socket:alice')
  const ends = messagesOf(heard, 'broadcast:end')
  t.match(ends[0], { node, topic: 'room:a', event: 'said', receivers: 2, isLocal: true, result: 'ok' })
  t.match(ends[1], { event: 'said', receivers: 3, isLocal: true })
  t.match(ends[2], { event: 'other', result: 'failed', error: { code: 'PHX_ERR_SERIALIZER_ENCODE' } })
  t.match(ends[3], { topic: 'user_socket:alice', event: 'disconnect', receivers: 3 })
})

async function twoNodes(t: Test) {
  const { engine, nodes } = await startNodes(t, 2, { channels: { 'room:*': intercepting } })
  const [here, there] = nodes
  if (here === undefined || there === undefined) throw new Error('there are two')
  const client = await connectRaw(t, there.url)
  await client.join('room:a')
  return { engine, here, there, client }
}

t.test('a traceparent goes along to other nodes, and is there while they deliver', async (t) => {
  const { here, there, client } = await twoNodes(t)
  const heard = hear(t, 'engine_deliver', 'engine_publish', 'broadcast')
  const { start } = tracingChannel('fastify-phoenix:broadcast')
  const set = (message: unknown): void => {
    const told = message as BroadcastTrace
    told.traceparent = traceparent
  }
  start.subscribe(set)
  t.teardown(() => start.unsubscribe(set))
  const deliver = channel('fastify-phoenix:engine_deliver')
  deliver.bindStore(context, (message) => (message as EngineDeliverEvent).traceparent)
  t.teardown(() => deliver.unbindStore(context))

  here.app.phoenix.broadcast('room:a', 'said', {})
  t.match(await client.next(), ['1', null, 'room:a', 'heard', { within: traceparent }])
  const of = (name: string) => messagesOf(heard, name).filter(({ kind }) => kind === 'broadcast')
  t.match(messagesOf(heard, 'broadcast:end'), [{ isLocal: false, receivers: 0, result: 'ok', traceparent }])
  t.match(of('engine_publish'), [{ node: here.app.phoenix.node, taken: true, bytes: Number }])
  t.match(of('engine_deliver'), [
    {
      node: there.app.phoenix.node,
      from: here.app.phoenix.node,
      topic: 'room:a',
      event: 'said',
      traceparent
    }
  ])
  t.equal(of('engine_deliver')[0].bytes, of('engine_publish')[0].bytes)
})

t.test('what no text is does not go along, and without one the bytes are what they were', async (t) => {
  const { here, client } = await twoNodes(t)
  const sizes = async (value: unknown): Promise<number> => {
    const heard = hear(t, 'engine_publish', 'broadcast')
    const { start } = tracingChannel('fastify-phoenix:broadcast')
    const set = (message: unknown): void => void Object.assign(message as object, { traceparent: value })
    start.subscribe(set)
    here.app.phoenix.broadcast('room:a', 'said', {})
    start.unsubscribe(set)
    await client.next()
    return messagesOf(heard, 'engine_publish').find(({ kind }) => kind === 'broadcast')?.bytes
  }
  const plain = await sizes(undefined)
  t.equal(await sizes(1), plain)
  t.equal(await sizes('not one'), plain)
  t.equal(await sizes(traceparent), plain + 2 + traceparent.length)
})

t.test('nodes that come and go, and an engine that goes away', async (t) => {
  const heard = hear(t, 'cluster_state')
  const { engine, here, there } = await twoNodes(t)
  const [a, b] = [here.app.phoenix.node, there.app.phoenix.node]
  const of = (node: string) => messagesOf(heard, 'cluster_state').filter((each) => each.node === node)
  t.match(of(a).slice(0, 2), [
    { state: 'up', others: 0 },
    { state: 'node_up', other: b, others: 1 }
  ])
  await there.app.close()
  await until(() => of(a).length === 3)
  t.match(of(a).at(-1), { state: 'node_down', other: b, problem: 'bye', others: 0 })
  engine.kill()
  await until(() => of(a).at(-1)?.state === 'down')
  engine.restore()
  await until(() => of(a).at(-1)?.state === 'up')
})

t.test('diffs of presences say how many they are about, and of which node', async (t) => {
  const heard = hear(t, 'presence_diff')
  const channels = () => ({ 'room:*': presentRoom(new Presence({ name: 'room' })) })
  const { nodes } = await startNodes(t, 2, () => ({ channels: channels() }))
  const clients = await Promise.all(nodes.map(({ url }, i) => connectRaw(t, url, `user_id=u${i}`)))
  for (const client of clients) await client.join('room:a')
  const [a, b] = nodes.map(({ app }) => app.phoenix.node)
  const of = (node: string | undefined) =>
    messagesOf(heard, 'presence_diff')
      .filter((each) => each.node === node)
      .map(({ isLocal, joins, leaves }) => [isLocal, joins, leaves])
  const expected = [
    [false, 1, 0],
    [true, 1, 0]
  ]
  await until(() => of(a).length === 2 && of(b).length >= 1)
  t.same(of(a).sort(), expected)
  t.match(messagesOf(heard, 'presence_diff')[0], { topic: 'room:a' })
})
