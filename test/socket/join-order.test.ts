import t from 'tap'
import type { ChannelDefinition, JoinResult } from '../../lib/channel/channel.js'
import type { Limits } from '../../lib/limits/limits.js'
import { v1 } from '../../lib/protocol/serializer/v1.js'
import { closed, deferred, ok, reply, TestSocket } from '../fixtures/test-socket.js'

const slowJoins = (gate: Promise<JoinResult>): Record<string, ChannelDefinition> => ({
  slow: { join: () => gate },
  '*': {
    join: () => ok,
    handleIn: { stop: () => ({ stop: 'normal' }) }
  }
})

/** A client that has joined `a`, and whose join of `slow` is answered by `resolve`. */
function withSlowJoins(limits: Partial<Limits> = {}) {
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({ channels: slowJoins(promise), limits })
  client.join('a', '1')
  client.sent()
  return { client, resolve }
}

t.test('what is sent while a join runs follows its reply, in order', async (t) => {
  const { client, resolve } = withSlowJoins()
  client.join('slow', '2')
  client.endpoint.broadcast('a', 'one', {})
  client.endpoint.broadcast('a', 'two', {}, { dropStale: 'two' })
  client.receive('1', '3', 'a', 'stop', {})
  t.same(await client.sentSoon(), [])
  resolve(ok)
  t.same(await client.sentSoon(), [
    reply('2', '2', 'slow'),
    [null, null, 'a', 'one', {}],
    [null, null, 'a', 'two', {}],
    closed('1', 'a')
  ])
  client.endpoint.broadcast('slow', 'three', {})
  t.same(client.sent(), [[null, null, 'slow', 'three', {}]])
})

t.test('what a join itself broadcasts to other topics follows its reply', async (t) => {
  const client = new TestSocket({
    channels: {
      lobby: { join: () => ok },
      room: {
        join(_params, channel) {
          channel.endpoint.broadcast('lobby', 'somebody_joins', {})
          return ok
        }
      }
    }
  })
  client.join('lobby', '1')
  client.join('room', '2')
  t.same(client.sent(), [
    reply('1', '1', 'lobby'),
    reply('2', '2', 'room'),
    [null, null, 'lobby', 'somebody_joins', {}]
  ])
})

t.test('a refused and a crashed join hold nothing back any longer', async (t) => {
  for (const [settle, response] of [
    [() => ({ status: 'error', response: { reason: 'no' } }), { reason: 'no' }],
    [() => Promise.reject(new Error('x')), { reason: 'join crashed' }],
    [() => ({ status: 'ok', response: 1n }), { reason: 'join crashed' }]
  ] as [() => JoinResult, object][]) {
    const { client, resolve } = withSlowJoins()
    client.join('slow', '2')
    client.endpoint.broadcast('a', 'one', {})
    resolve(settle())
    t.same(await client.sentSoon(), [
      reply('2', '2', 'slow', response, 'error'),
      [null, null, 'a', 'one', {}]
    ])
  }
})

t.test('a join that holds back more than may wait for a client no longer does', async (t) => {
  const { client, resolve } = withSlowJoins({ queuedBytes: 1000 })
  client.join('slow', '2')
  client.endpoint.broadcast('a', 'small', {})
  t.same(client.sent(), [])
  client.endpoint.broadcast('a', 'large', { text: 'x'.repeat(1000) })
  t.equal(client.sent().length, 2, 'nothing is lost')
  client.endpoint.broadcast('a', 'small', {})
  t.equal(client.sent().length, 1)
  resolve(ok)
  t.same(await client.sentSoon(), [reply('2', '2', 'slow')])
})

t.test('what a join holds back counts in bytes, not in characters', async (t) => {
  const { client } = withSlowJoins({ queuedBytes: 1000 })
  client.join('slow', '2')
  client.socket.sendPush({
    joinRef: '1',
    ref: null,
    topic: 'a',
    event: 'one',
    payload: { text: '€'.repeat(400) }
  })
  t.equal(client.sent().length, 1)
})

t.test(
  'a join that hangs does not keep a socket from being closed, nor from its last messages',
  async (t) => {
    const client = new TestSocket({ channels: slowJoins(new Promise(() => {})), id: 'me' })
    client.join('a', '1')
    client.sent()
    client.join('slow', '2')
    client.endpoint.broadcast('a', 'last', {})
    client.endpoint.disconnect('me')
    t.same(client.sent(), [[null, null, 'a', 'last', {}]])
    t.same(client.transport.closes, [1001])
    t.equal(client.sockets.size, 0)
    t.equal(client.endpoint.pubsub.size, 0)
  }
)

t.test('a join that hangs does not keep a socket from draining', async (t) => {
  const client = new TestSocket({ channels: slowJoins(new Promise(() => {})) })
  client.join('slow', '1')
  await client.socket.drain()
  t.same(client.transport.closes, [1012])
})

t.test('nothing is sent to a client that went away while a join ran', async (t) => {
  const { client, resolve } = withSlowJoins()
  client.join('slow', '2')
  client.endpoint.broadcast('a', 'one', {})
  client.socket.transportClosed(false)
  resolve(ok)
  t.same(await client.sentSoon(), [])
})

t.test('a replaced channel: the reply to the new join, what its terminate pushes, its end', async (t) => {
  const client = new TestSocket({
    channels: {
      '*': {
        join(params, channel) {
          channel.trapExit = true
          channel.endpoint.broadcast('lobby', 'joined', {})
          return { status: 'ok', response: params }
        },
        terminate: (_reason, channel) => channel.push('farewell', {})
      }
    }
  })
  client.join('lobby', '0')
  client.join('a', '1')
  client.sent()
  client.join('a', '2', { again: true })
  t.same(client.sent(), [
    reply('2', '2', 'a', { again: true }),
    ['1', null, 'a', 'farewell', {}],
    closed('1', 'a'),
    [null, null, 'lobby', 'joined', {}]
  ])
})

t.test(
  'a client that joins without a join_ref: its channel takes the ref, the end has neither',
  async (t) => {
    const client = new TestSocket({
      channels: {
        '*': { join: () => ok, handleIn: { push: (_payload, channel) => channel.push('pushed', {}) } }
      }
    })
    client.receive(null, '5', 'a', 'phx_join', {})
    client.receive(null, '6', 'a', 'push', {})
    client.receive('5', '7', 'a', 'push', {})
    client.receive('6', '8', 'a', 'push', {})
    client.receive(null, '9', 'a', 'phx_leave', {})
    t.same(client.sent(), [
      reply(null, '5', 'a'),
      ['5', null, 'a', 'pushed', {}],
      ['5', null, 'a', 'pushed', {}],
      reply('5', '9', 'a'),
      closed(null, 'a')
    ])
  }
)

t.test('a leave without a join_ref is for the present join, one of another join is dropped', async (t) => {
  const client = new TestSocket({ channels: { '*': { join: () => ok } } })
  client.join('a', '1')
  client.sent()
  client.receive('0', '2', 'a', 'phx_leave', {})
  t.same(client.sent(), [])
  client.receive(null, '3', 'a', 'phx_leave', {})
  t.same(client.sent(), [reply('1', '3', 'a'), closed('1', 'a')])
})

t.test('over version 1 a leave has no join_ref, and the close no ref', async (t) => {
  const client = new TestSocket({ channels: { '*': { join: () => ok } }, serializer: v1 })
  const message = (event: string, ref: string) => ({ topic: 'a', event, payload: {}, ref })
  client.socket.receive(Buffer.from(JSON.stringify(message('phx_join', '1'))), false)
  client.socket.receive(Buffer.from(JSON.stringify(message('phx_leave', '2'))), false)
  t.same(client.sent().at(-1), { topic: 'a', event: 'phx_close', payload: {}, ref: null })
})
