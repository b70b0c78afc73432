import t from 'tap'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import type { Serializer } from '../../lib/protocol/serializer/serializer.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'
import { deferred, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

const channels = { '*': { join: () => ok, handleIn: { ping: () => ok } } }

t.test('a heartbeat is answered, with whatever ref it has', async (t) => {
  const client = new TestSocket({ channels: {} })
  for (const ref of ['1', 2, null]) {
    client.receive(null, ref, 'phoenix', 'heartbeat', {})
    t.same(client.sent(), [reply(null, ref, 'phoenix')])
  }
})

t.test(
  'a frame that is no message closes the socket with 1011, and nothing after it is looked at',
  async (t) => {
    const client = new TestSocket({ channels })
    client.join('a')
    client.sent()
    client.socket.receive(Buffer.from('garbage'), false)
    client.receive(null, '2', 'phoenix', 'heartbeat', {})
    t.same(client.transport.closes, [1011])
    t.same(client.sent(), [])
  }
)

t.test(
  'a message that a serializer only promises closes the socket, and its rejection ends nothing',
  async (t) => {
    const decode = (async () => {
      throw new Error('unhandled')
    }) as unknown as Serializer['decode']
    const client = new TestSocket({ channels, serializer: { ...v2, decode } })
    client.join('a')
    await settled()
    t.same(client.transport.closes, [1011])
    t.match(client.log.lines.find(({ level }) => level === 'debug')?.details, {
      err: { code: 'PHX_ERR_SERIALIZER_DECODE' }
    })
  }
)

/** A serializer of an application that cannot write replies to this ref, nor these events. */
const failing = (ref: string, event?: string): Serializer => ({
  version: '2.0.0',
  binary: true,
  decode: v2.decode,
  encodeBroadcast: v2.encodeBroadcast,
  encodeReply(message) {
    if (message.ref === ref) throw new Error('no such ref in this format')
    return v2.encodeReply(message)
  },
  encodePush(message) {
    if (message.event === event) throw new Error('no such event in this format')
    return v2.encodePush(message)
  }
})

t.test('an answer that the serializer cannot write closes the socket with 1011, and is logged', async (t) => {
  for (const [topic, event] of [
    ['phoenix', 'heartbeat'],
    ['nobody', 'phx_leave'],
    ['nobody', 'phx_join'],
    ['nobody', 'shout']
  ] as const) {
    const client = new TestSocket({ channels: { room: { join: () => ok } }, serializer: failing('bad') })
    client.join('room')
    client.receive(null, 'bad', topic, event, {})
    client.receive(null, '2', 'phoenix', 'heartbeat', {})
    t.same(client.transport.closes, [1011], event)
    t.equal(client.sent().length, 1)
    t.equal(client.log.messages('error').length, 1)
    t.equal(client.sockets.size, 0)
  }
})

t.test('so does the answer to a join, at once or late, and what waits behind the join', async (t) => {
  for (const wait of [undefined, deferred(), deferred()]) {
    const client = new TestSocket({
      channels: { '*': { join: () => wait?.promise.then(() => ok) ?? ok } },
      serializer: failing('bad')
    })
    const ref = wait === undefined ? 'bad' : '1'
    client.receive('1', ref, 'a', 'phx_join', {})
    client.receive(null, 'bad', 'phoenix', 'heartbeat', {})
    client.receive(null, '2', 'phoenix', 'heartbeat', {})
    wait?.resolve()
    await settled()
    t.same(client.transport.closes, [1011])
  }
})

t.test('so does the end of a channel', async (t) => {
  const client = new TestSocket({
    channels: { '*': { join: () => ok, handleIn: { fail: () => Promise.reject(new Error('oops')) } } },
    serializer: failing('none', 'phx_error')
  })
  client.join('a')
  client.receive('1', '2', 'a', 'fail', {})
  await settled()
  t.same(client.transport.closes, [1011])
})

t.test('disconnect closes all sockets of an id, and no others', async (t) => {
  const endpoint = new EndpointServer()
  const connect = (id: string | null) => new TestSocket({ channels, endpoint, id })
  const [phone, tablet, bob, nobody] = ['alice', 'alice', 'bob', null].map(connect)
  endpoint.broadcast('alice', 'other', {})
  endpoint.disconnect('alice')
  endpoint.disconnect('nobody there')
  t.same(
    [phone, tablet, bob, nobody].map((client) => client?.transport.closes),
    [[1001], [1001], [], []]
  )
  t.equal([phone, tablet, bob, nobody].filter((client) => client?.sockets.size === 1).length, 2)
})

t.test('a socket is closed with 1001 when its token ends', async (t) => {
  const client = new TestSocket({ channels, expiresAt: Date.UTC(2030, 0, 1) + 60_000 })
  client.clock.advance(59_999)
  t.same(client.transport.closes, [])
  client.clock.advance(1)
  t.same(client.transport.closes, [1001])
})

t.test('a fresh token keeps the socket open', async (t) => {
  const client = new TestSocket({ channels, expiresAt: Date.UTC(2030, 0, 1) + 1000 })
  client.socket.expiresAt = client.clock.date() + 5000
  client.clock.advance(4999)
  t.same(client.transport.closes, [])
  client.socket.expiresAt = undefined
  client.clock.advance(1_000_000)
  t.same(client.transport.closes, [])
})

t.test('a closed socket keeps no timer, and starts none', async (t) => {
  const client = new TestSocket({ channels, expiresAt: Date.UTC(2030, 0, 1) + 1000 })
  client.socket.transportClosed(false)
  t.equal(client.clock.pending, 0)
  client.socket.expiresAt = client.clock.date() + 5000
  t.equal(client.clock.pending, 0)
})

t.test('a channel sees its socket', async (t) => {
  let seen: unknown
  const client = new TestSocket({
    id: 'user_socket:alice',
    channels: {
      '*': {
        join: () => ok,
        handleIn: {
          who(_payload, { socket }) {
            seen = { id: socket.id, transport: socket.transport }
            socket.disconnect()
            return ok
          }
        }
      }
    }
  })
  client.join('a')
  client.sent()
  client.receive('1', '2', 'a', 'who', {})
  t.same(seen, { id: 'user_socket:alice', transport: 'websocket' })
  t.same(client.transport.closes, [1001])
  t.same(client.sent(), [], 'the reply comes too late')
})
