import t from 'tap'
import { parseQuery } from '../../lib/transport/query.js'
import { type Channel, defineChannel, Presence } from '../../plugins/phoenix.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

// What plugins/guides/phoenix-differences.md says of the smaller differences.

const presence = new Presence()
const room = defineChannel({
  join: (params) => ({ status: 'ok', response: params }),
  handleIn: {
    twice(_payload, channel) {
      channel.subscribe('news')
      channel.subscribe('news')
      channel.endpoint.broadcast('news', 'item', { n: 1 })
    },
    keys: async (_payload, channel: Channel) => {
      const results = [1, '1'].map((key) => presence.track(channel, key as string, {}).ok)
      return { status: 'ok', response: { results, list: Object.keys(await presence.list(channel.topic)) } }
    },
    stop: () => ({ stop: 'normal' })
  },
  handleInfo: ({ event, payload }, channel) => channel.push(event, payload as object),
  terminate: (reason, channel) => channel.broadcast('gone', { reason })
})

t.test('numbers are written as JavaScript writes them', async (t) => {
  const { url } = await startServer(t, { channels: { 'room:*': room } })
  const client = await connectRaw(t, url)
  client.ws.send('["1","1","room:1","phx_join",{"a":1.0,"b":1e2,"c":-0.0}]')
  t.equal(
    JSON.stringify(await client.next()),
    '["1","1","room:1","phx_reply",{"status":"ok","response":{"a":1,"b":100,"c":0}}]'
  )
})

t.test('subscribing twice delivers once, and keys of presences are text', async (t) => {
  const { url } = await startServer(t, { channels: { 'room:*': room } })
  const client = await connectRaw(t, url)
  await client.join('room:1')
  client.send('1', '2', 'room:1', 'twice', {})
  t.same(await client.next(), ['1', null, 'room:1', 'item', { n: 1 }])
  client.send('1', '3', 'room:1', 'keys', {})
  t.same(await client.next(), [
    '1',
    '3',
    'room:1',
    'phx_reply',
    { status: 'ok', response: { results: [true, false], list: ['1'] } }
  ])
})

t.test('variables of the path are decoded, and lists hold a map for each pair', async (t) => {
  let room: unknown
  const connect = (params: { room?: unknown }) => {
    room = params.room
    return { userId: 'alice' }
  }
  const { base } = await startServer(t, { path: '/socket/:room', connect })
  await connectRaw(t, `${base.replace('http', 'ws')}/socket/a%41%2Fb`)
  t.equal(room, 'aA/b')
  const plain = (query: string): unknown => JSON.parse(JSON.stringify(parseQuery(query)))
  t.same(plain('a[][b]=1&a[][c]=2'), { a: [{ b: '1' }, { c: '2' }] })
  t.same(plain('a[0][b]=1&a[1][c]=2'), { a: { 0: { b: '1' }, 1: { c: '2' } } })
})

t.test('a broadcast from terminate reaches the others alone', async (t) => {
  const { url } = await startServer(t, { channels: { 'room:*': room } })
  const leaving = await connectRaw(t, url)
  const other = await connectRaw(t, url)
  for (const client of [leaving, other]) await client.join('room:1')
  leaving.send('1', '2', 'room:1', 'stop', {})
  t.same(await other.next(), [null, null, 'room:1', 'gone', { reason: 'normal' }])
  t.same(await leaving.next(), ['1', '1', 'room:1', 'phx_close', {}])
  t.ok(await leaving.isAlive(), 'and there was nothing behind it')
})
