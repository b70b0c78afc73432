import t from 'tap'
import type { Channel, JoinResult, TerminateReason } from '../../lib/channel/channel.js'
import {
  closed,
  deferred,
  joinTrappingExits,
  ok,
  reply,
  settled,
  TestSocket
} from '../fixtures/test-socket.js'

t.test('a join is answered with what the channel returns', async (t) => {
  const client = new TestSocket({
    channels: { 'room:*': { join: (params, { topic }) => ({ status: 'ok', response: { topic, params } }) } }
  })
  client.join('room:a', '1', { x: 1 })
  t.same(client.sent(), [reply('1', '1', 'room:a', { topic: 'room:a', params: { x: 1 } })])
})

t.test('a refused join leaves nothing behind', async (t) => {
  const client = new TestSocket({
    channels: {
      '*': {
        join(_params, channel) {
          channel.subscribe('elsewhere')
          channel.setTimeout(() => {}, 1000)
          channel.defer(() => t.fail('ran') as never)
          return { status: 'error', response: { reason: 'unauthorized' } }
        },
        terminate: () => t.fail('terminated') as never
      }
    }
  })
  client.join('a')
  t.same(await client.sentSoon(), [reply('1', '1', 'a', { reason: 'unauthorized' }, 'error')])
  t.equal(client.endpoint.pubsub.size, 0)
  t.equal(client.clock.pending, 0)
  client.receive('1', '2', 'a', 'x', {})
  t.same(client.sent(), [reply(null, '2', 'a', { reason: 'unmatched topic' }, 'error')])
})

t.test('a topic that nothing is routed to is unmatched', async (t) => {
  const client = new TestSocket({ channels: { 'room:*': { join: () => ok } } })
  for (const topic of ['lobby', '__proto__', null, 7]) {
    client.receive('1', '2', topic, 'phx_join', {})
    t.same(client.sent(), [reply(null, '2', topic as string, { reason: 'unmatched topic' }, 'error')])
  }
})

t.test('nothing can be pushed while join runs', async (t) => {
  const codes: unknown[] = []
  const client = new TestSocket({
    channels: {
      '*': {
        join(_params, channel) {
          for (const send of [channel.push, channel.broadcast, channel.broadcastFrom]) {
            try {
              send.call(channel, 'early', {})
            } catch (err) {
              codes.push((err as { code?: string }).code)
            }
          }
          return ok
        }
      }
    }
  })
  client.join('a')
  t.same(codes, Array(3).fill('PHX_ERR_CHANNEL_NOT_JOINED'))
  t.same(client.sent(), [reply('1', '1', 'a')])
})

t.test('messages behind an async join wait for it, in their order', async (t) => {
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({
    channels: {
      slow: { join: () => promise, handleIn: { ping: () => ok } },
      quick: { join: () => ok }
    }
  })
  client.join('slow', '1')
  client.receive('1', '2', 'slow', 'ping', {})
  client.receive(null, '3', 'phoenix', 'heartbeat', {})
  client.join('quick', '4')
  t.same(await client.sentSoon(), [])
  resolve(ok)
  t.same(await client.sentSoon(), [
    reply('1', '1', 'slow'),
    reply('1', '2', 'slow'),
    reply(null, '3', 'phoenix'),
    reply('4', '4', 'quick')
  ])
})

t.test('it can be awaited that messages behind a join were taken', async (t) => {
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({ channels: { '*': { join: () => promise } } })
  t.equal(client.socket.taken(), undefined)
  client.join('a')
  const taken = client.socket.taken()
  t.ok(taken)
  resolve(ok)
  await taken
  t.same(client.sent(), [reply('1', '1', 'a')])
})

t.test(
  'a client that goes away while its join runs: the signal fires, and the channel ends once it has joined',
  async (t) => {
    const { promise, resolve } = deferred<JoinResult>()
    const reasons: TerminateReason[] = []
    let channel: Channel | undefined
    const client = new TestSocket({
      channels: {
        '*': {
          join(_params, joining) {
            channel = joining
            return promise
          },
          terminate: (reason) => void reasons.push(reason)
        }
      }
    })
    client.join('a')
    client.receive(null, '2', 'phoenix', 'heartbeat', {})
    client.socket.transportClosed(false)
    t.ok(channel?.signal.aborted)
    resolve(ok)
    t.same(await client.sentSoon(), [])
    t.same(reasons, ['closed'])
    t.equal(client.endpoint.pubsub.size, 0)
  }
)

t.test(
  'a second join of a topic replaces the channel: the reply comes first, then the end of the first one',
  async (t) => {
    const reasons: TerminateReason[] = []
    const client = new TestSocket({
      channels: { '*': { join: () => ok, terminate: (reason) => void reasons.push(reason) } }
    })
    client.join('a', '1')
    client.join('a', '2')
    t.same(client.sent(), [reply('1', '1', 'a'), reply('2', '2', 'a'), closed('1', 'a')])
    t.same(reasons, [], 'terminate does not run')
    client.receive('1', '3', 'a', 'phx_leave', {})
    t.same(client.sent(), [], 'the join_ref of the first one is stale')
  }
)

t.test('a channel that traps exits is terminated when it is replaced', async (t) => {
  const reasons: TerminateReason[] = []
  const client = new TestSocket({
    channels: {
      '*': {
        join: joinTrappingExits,
        terminate: (reason) => void reasons.push(reason)
      }
    }
  })
  client.join('a', '1')
  client.join('a', '2')
  t.same(reasons, ['shutdown:duplicate_join'])
})

t.test('a topic can be joined again while its channel still leaves', async (t) => {
  const { promise, resolve } = deferred()
  const client = new TestSocket({
    channels: { '*': { join: () => ok, handleIn: { wait: () => promise, ping: () => ok } } }
  })
  client.join('a', '1')
  client.receive('1', '2', 'a', 'wait', {})
  client.receive('1', '3', 'a', 'phx_leave', {})
  client.join('a', '4')
  client.receive('4', '5', 'a', 'ping', {})
  t.same(client.sent(), [reply('1', '1', 'a'), reply('4', '4', 'a'), closed('1', 'a'), reply('4', '5', 'a')])
  resolve()
  t.same(await client.sentSoon(), [], 'the leave is answered by the close, as in Phoenix')
  client.receive('4', '6', 'a', 'ping', {})
  t.same(client.sent(), [reply('4', '6', 'a')])
})

t.test(
  'a message of an earlier join is dropped, one without a join_ref is for the present one',
  async (t) => {
    const client = new TestSocket({ channels: { '*': { join: () => ok, handleIn: { ping: () => ok } } } })
    client.join('a', '7')
    client.sent()
    client.receive('6', '8', 'a', 'ping', {})
    client.receive(null, '9', 'a', 'ping', {})
    t.same(client.sent(), [reply('7', '9', 'a')])
  }
)

t.test('a leave of a topic that is not joined is answered ok', async (t) => {
  const client = new TestSocket({ channels: { '*': { join: () => ok } } })
  client.receive('1', '2', 'a', 'phx_leave', {})
  t.same(client.sent(), [reply('1', '2', 'a')])
})

t.test('a socket joins so many channels at the most, and a place is free again after a leave', async (t) => {
  const client = new TestSocket({ channels: { '*': { join: () => ok } }, maxChannels: 2 })
  client.join('a', '1')
  client.join('b', '2')
  client.sent()
  client.join('c', '3')
  t.same(client.sent(), [reply('3', '3', 'c', { reason: 'too many channels joined' }, 'error')])
  client.join('b', '4')
  t.same(
    client.sent(),
    [reply('4', '4', 'b'), closed('2', 'b')],
    'a join that replaces another takes no place'
  )
  client.receive('1', '5', 'a', 'phx_leave', {})
  client.join('c', '6')
  t.same(client.sent().at(-1), reply('6', '6', 'c'))
})

t.test('channels have assigns of their own, which start as those of the socket', async (t) => {
  const channels: Channel[] = []
  const client = new TestSocket({
    assigns: { user: 'alice' },
    channels: {
      '*': {
        join(_params, channel) {
          channel.assigns.topic = channel.topic
          channels.push(channel)
          return ok
        }
      }
    }
  })
  client.join('a', '1')
  client.join('b', '2')
  await settled()
  t.same(
    channels.map(({ assigns }) => assigns),
    [
      { user: 'alice', topic: 'a' },
      { user: 'alice', topic: 'b' }
    ]
  )
  t.same(client.socket.assigns, { user: 'alice' })
})
