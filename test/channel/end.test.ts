import t from 'tap'
import type { Channel, ChannelDefinition, TerminateReason } from '../../lib/channel/channel.js'
import { defineChannel } from '../../lib/channel/channel.js'
import { closed, crashed, deferred, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

/** A channel that keeps why it ended and what it was. */
function ending(more: Partial<ChannelDefinition> = {}) {
  const reasons: TerminateReason[] = []
  const channels: Channel[] = []
  const definition: ChannelDefinition = {
    join(_params, channel) {
      channels.push(channel)
      return ok
    },
    terminate(reason) {
      reasons.push(reason)
    },
    ...more
  }
  return { reasons, channels, definition }
}

t.test('terminate is told why the channel ended', async (t) => {
  const { reasons, definition } = ending({
    handleIn: (event) => {
      if (event === 'throw') throw new Error('x')
      return { stop: String(event) }
    }
  })
  const stops: [event: string, reason: TerminateReason][] = [
    ['normal', 'normal'],
    ['shutdown', 'shutdown'],
    ['shutdown:tired', 'shutdown:tired'],
    ['throw', 'error'],
    ['whatever', 'error'],
    ['phx_leave', 'left']
  ]
  for (const [event, reason] of stops) {
    const client = new TestSocket({ channels: { '*': definition } })
    client.join('a')
    client.sent()
    client.receive('1', '2', 'a', event, {})
    t.equal(reasons.pop(), reason, event)
    t.same(client.sent().at(-1), reason === 'error' ? crashed('1', 'a') : closed('1', 'a'))
  }
})

t.test('terminate is told how the connection ended', async (t) => {
  const { reasons, definition } = ending()
  const ends: [end: (client: TestSocket) => void, reason: TerminateReason, codes: number[]][] = [
    [({ socket }) => socket.transportClosed(false), 'closed', []],
    [({ socket }) => socket.transportClosed(true), 'error', []],
    [({ socket }) => socket.disconnect(), 'disconnected', [1001]],
    [({ endpoint }) => endpoint.disconnect('user_socket:alice'), 'disconnected', [1001]],
    [({ socket }) => socket.abort(), 'draining', [1012]]
  ]
  for (const [end, reason, codes] of ends) {
    const client = new TestSocket({ channels: { '*': definition }, id: 'user_socket:alice' })
    client.join('a')
    client.sent()
    end(client)
    end(client)
    t.same(reasons.splice(0), [reason], 'once')
    t.same(client.transport.closes, codes)
    t.same(client.sent(), [], 'no frame of its own')
    t.equal(client.endpoint.pubsub.size, 0)
    t.equal(client.sockets.size, 0)
  }
})

t.test('terminate waits for the handler that runs, and what that still says is not heard', async (t) => {
  const { promise, resolve } = deferred()
  const { reasons, definition } = ending({
    handleIn: {
      async wait(_payload, channel) {
        await promise
        channel.push('late', {})
        return { status: 'ok', response: { late: true } }
      },
      crash() {
        throw new Error('x')
      }
    }
  })
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.sent()
  client.socket.transportClosed(false)
  await settled()
  t.same(reasons, [])
  resolve()
  t.same(await client.sentSoon(), [])
  t.same(reasons, ['closed'])
})

t.test('a leave waits for the handler that runs, and what comes after it has no channel', async (t) => {
  const { promise, resolve } = deferred()
  const { reasons, definition } = ending({ handleIn: { wait: () => promise.then(() => ok) } })
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  client.sent()
  client.receive('1', '2', 'a', 'wait', {})
  client.receive('1', '3', 'a', 'phx_leave', {})
  client.receive('1', '4', 'a', 'wait', {})
  t.same(await client.sentSoon(), [])
  resolve()
  t.same(await client.sentSoon(), [reply('1', '2', 'a'), reply('1', '3', 'a'), closed('1', 'a')])
  t.same(reasons, ['left'])
})

t.test('terminate may push as long as the connection is there', async (t) => {
  const { definition } = ending({ terminate: (_reason, channel) => channel.push('farewell', {}) })
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  client.sent()
  client.receive('1', '2', 'a', 'phx_leave', {})
  t.same(client.sent(), [reply('1', '2', 'a'), closed('1', 'a'), ['1', null, 'a', 'farewell', {}]])
})

t.test('the signal fires when the channel ends, and has fired when it is asked for afterwards', async (t) => {
  const { channels, definition } = ending()
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  client.join('b', '2')
  const [a, b] = channels as [Channel, Channel]
  const { signal } = a
  t.notOk(signal.aborted)
  client.receive('1', '3', 'a', 'phx_leave', {})
  t.ok(signal.aborted)
  t.notOk(b.signal.aborted)
  client.socket.disconnect()
  t.ok(b.signal.aborted)
  await settled()
  t.ok(a.signal.aborted)
  t.notOk(a.joined)
})

t.test('a signal asked for after the end has fired', async (t) => {
  const { channels, definition } = ending()
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  client.socket.disconnect()
  t.ok(channels[0]?.signal.aborted)
})

t.test(
  'timers and deferred functions die with the channel, and an ended one starts no more of them',
  async (t) => {
    let runs = 0
    const run = (): void => {
      runs++
    }
    const { channels, definition } = ending({
      handleIn: {
        start(_payload, channel) {
          channel.setTimeout(run, 1000)
          channel.defer(run)
          return { stop: 'normal' }
        }
      }
    })
    const client = new TestSocket({ channels: { '*': definition } })
    client.join('a')
    client.receive('1', '2', 'a', 'start', {})
    t.equal(client.clock.pending, 0)
    channels[0]?.setTimeout(run, 1000).unref()
    channels[0]?.defer(run)
    t.equal(client.clock.pending, 0)
    client.clock.advance(2000)
    await settled()
    t.equal(runs, 0)
  }
)

t.test('a timer can be taken back', async (t) => {
  const { channels, definition } = ending()
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  const [channel] = channels as [Channel]
  channel.clearTimeout(channel.setTimeout(() => void t.fail('ran'), 10))
  t.equal(client.clock.pending, 0)
  client.clock.advance(20)
})

t.test('an ended channel subscribes to nothing any more', async (t) => {
  const { channels, definition } = ending()
  const client = new TestSocket({ channels: { '*': definition } })
  client.join('a')
  channels[0]?.subscribe('elsewhere')
  client.receive('1', '2', 'a', 'phx_leave', {})
  channels[0]?.subscribe('elsewhere')
  t.equal(client.endpoint.pubsub.size, 0)
})

t.test(
  'joining again ends a channel that still waits to leave, and the new one ends with the socket',
  async (t) => {
    const { promise } = deferred()
    const { channels, definition } = ending({ handleIn: { wait: () => promise } })
    const client = new TestSocket({ channels: { '*': definition } })
    client.join('a', '1')
    client.receive('1', '2', 'a', 'wait', {})
    client.receive('1', '3', 'a', 'phx_leave', {})
    client.join('a', '4')
    const [former, current] = channels as [Channel, Channel]
    const signals = [former.signal, current.signal]
    t.same(
      signals.map(({ aborted }) => aborted),
      [true, false]
    )
    client.socket.transportClosed(false)
    t.same(
      signals.map(({ aborted }) => aborted),
      [true, true]
    )
    t.equal(client.endpoint.pubsub.size, 0)
  }
)

t.test('what terminate pushes comes before phx_error, and behind phx_close', async (t) => {
  const definition = defineChannel({
    join: () => ({ status: 'ok' }),
    handleIn: {
      crash() {
        throw new Error('crash')
      },
      stop: () => ({ stop: 'normal' })
    },
    terminate: (_reason, channel) => channel.push('farewell', {})
  })
  for (const [event, order] of [
    ['crash', ['farewell', 'phx_error']],
    ['stop', ['phx_close', 'farewell']]
  ] as const) {
    const client = new TestSocket({ channels: { '*': definition } })
    client.join('a')
    client.sent()
    client.receive('1', '2', 'a', event, {})
    t.same(
      client.sent().map((frame) => (frame as unknown[])[3]),
      order
    )
  }
})
