import t from 'tap'
import type { Channel, ChannelDefinition, JoinResult, TerminateReason } from '../../lib/channel/channel.js'
import { deferred, ok, settled, TestSocket } from '../fixtures/test-socket.js'

/** A room whose `wait` is through when the test says so, and who hears what its members say. */
function setUp(more: Partial<ChannelDefinition> = {}) {
  const gate = deferred()
  const ends: TerminateReason[] = []
  const order: string[] = []
  const channels: Channel[] = []
  const definition: ChannelDefinition = {
    join(_params, channel) {
      channels.push(channel)
      return ok
    },
    handleIn: {
      async wait(_payload, channel) {
        await gate.promise
        channel.broadcast('waited', {})
        channel.push('to nobody', {})
        return ok
      },
      say: (payload, channel) => channel.broadcast('said', payload as object),
      crash() {
        throw new Error('crash')
      }
    },
    terminate(reason) {
      order.push('terminate')
      ends.push(reason)
    },
    ...more
  }
  const client = new TestSocket({ channels: { 'a*': definition, '*': { join: () => ok } }, id: 'me' })
  const other = new TestSocket({ channels: { '*': { join: () => ok } }, endpoint: client.endpoint })
  other.join('a')
  other.sent()
  const heard = () => other.sent().map((frame) => (frame as unknown[])[3])
  return { gate, ends, order, channels, client, heard }
}

const goings: [name: string, go: (client: TestSocket) => void, reason: TerminateReason][] = [
  ['a close', ({ socket }) => socket.transportClosed(false), 'closed'],
  ['a connection that breaks the protocol', ({ socket }) => socket.transportClosed(true), 'error'],
  ['a frame that is no message', ({ socket }) => socket.receive(Buffer.from('oops'), false), 'error'],
  ['a disconnect by id', ({ endpoint }) => endpoint.disconnect('me'), 'disconnected'],
  ['a shut-down', ({ socket }) => socket.abort(), 'draining']
]

t.test(
  'what a client had sent before it went is done, heard by others, and then the channel ends',
  async (t) => {
    for (const [name, go, reason] of goings) {
      const { gate, ends, client, heard } = setUp()
      client.join('a')
      client.receive('1', '2', 'a', 'wait', {})
      client.receive('1', '3', 'a', 'say', {})
      client.sent()
      go(client)
      client.receive('1', '4', 'a', 'say', { late: true })
      t.equal(client.sockets.size, 0, `${name}: the socket is gone at once`)
      t.equal(client.lastWords.size, 1)
      await settled()
      t.same([heard(), ends], [[], []])
      gate.resolve()
      await settled()
      t.same(heard(), ['waited', 'said'], name)
      t.same(ends, [reason])
      t.same(client.sent(), [])
      t.equal(client.lastWords.size, 0)
      t.equal(client.socket.budget.waitingBytes, 0)
      t.equal(client.endpoint.pubsub.size, 1)
      t.equal(client.clock.pending, 0)
    }
  }
)

t.test('so is what waits behind a join that runs, the join included', async (t) => {
  for (const [name, go, reason] of goings) {
    const join = deferred<JoinResult>()
    const { gate, ends, client, heard } = setUp({ join: () => join.promise })
    client.join('b', '9')
    client.join('a', '1')
    client.receive('1', '2', 'a', 'wait', {})
    client.receive('1', '3', 'a', 'say', {})
    go(client)
    gate.resolve()
    await settled()
    t.same(heard(), [])
    join.resolve(ok)
    await settled()
    await settled()
    t.same(heard(), ['waited', 'said'], name)
    t.same(ends, [reason], name)
    t.equal(client.lastWords.size, 0)
    t.equal(client.endpoint.pubsub.size, 1)
  }
})

t.test('a leave behind a handler is a leave, a crash a crash, and nothing behind them is done', async (t) => {
  for (const [event, reason] of [
    ['phx_leave', 'left'],
    ['crash', 'error']
  ]) {
    const { gate, ends, client, heard } = setUp()
    client.join('a')
    client.receive('1', '2', 'a', 'wait', {})
    client.receive('1', '3', 'a', event, {})
    if (event === 'crash') client.receive('1', '4', 'a', 'say', {})
    client.socket.transportClosed(false)
    gate.resolve()
    await settled()
    t.same(heard(), ['waited'])
    t.same(ends, [reason])
  }
})

t.test(
  'intercepted broadcasts and those of other topics are last words too; what comes later is none',
  async (t) => {
    const { gate, order, channels, client } = setUp({
      handleOut: { news: () => void order.push('out') },
      handleInfo: () => void order.push('info')
    })
    client.join('a')
    channels[0]?.subscribe('elsewhere')
    client.receive('1', '2', 'a', 'wait', {})
    const news = (): void => {
      client.endpoint.broadcast('a', 'news', {})
      client.endpoint.broadcast('elsewhere', 'x', {})
      channels[0]?.defer(() => void order.push('deferred'))
    }
    news()
    client.socket.transportClosed(false)
    news()
    channels[0]?.setTimeout(() => void order.push('timer'), 1)
    channels[0]?.subscribe('another')
    client.endpoint.broadcast('another', 'x', {})
    t.ok(channels[0]?.signal.aborted, 'the signal fires at once')
    client.clock.advance(10)
    gate.resolve()
    await settled()
    t.same(order, ['out', 'info', 'deferred', 'terminate'])
  }
)

t.test('a handler that hangs has the time of a drain; it is heard nevertheless', async (t) => {
  const { gate, ends, client, heard } = setUp()
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.receive('1', '3', 'a', 'say', {})
  client.socket.transportClosed(false)
  client.clock.advance(29_999)
  t.ok(client.socket.budget.waitingBytes > 0)
  client.clock.advance(1)
  t.equal(client.lastWords.size, 0)
  t.equal(client.socket.budget.waitingBytes, 0, 'nothing is kept for it')
  gate.resolve()
  await settled()
  t.same(heard(), ['waited'])
  t.same(ends, ['closed'])
})

t.test('a server that has drained cuts them short', async (t) => {
  const { gate, ends, client, heard } = setUp({ join: () => ok })
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.receive('1', '3', 'a', 'say', {})
  client.socket.transportClosed(false)
  let isIdle = false
  const idle = client.lastWords.idle().then(() => {
    isIdle = true
  })
  await settled()
  t.notOk(isIdle)
  client.lastWords.end()
  await idle
  gate.resolve()
  await settled()
  t.same(heard(), ['waited'])
  t.same(ends, ['closed'])
  const late = setUp()
  late.client.lastWords.end()
  late.client.join('a')
  late.client.receive('1', '2', 'a', 'wait', {})
  late.client.receive('1', '3', 'a', 'say', {})
  late.client.socket.transportClosed(false)
  late.gate.resolve()
  await settled()
  t.same(late.heard(), ['waited'])
  t.same(late.ends, ['closed'])
})

t.test('a join that hangs is cut short as well', async (t) => {
  const join = deferred<JoinResult>()
  const { ends, client, heard } = setUp({ join: () => join.promise })
  client.join('a')
  client.receive('1', '3', 'a', 'say', {})
  client.socket.transportClosed(false)
  client.clock.advance(30_000)
  t.equal(client.socket.budget.waitingBytes, 0)
  join.resolve(ok)
  await settled()
  t.same(heard(), [])
  t.same(ends, ['closed'])
  t.equal(client.endpoint.pubsub.size, 1)
})

t.test('a channel that its client joins anew without trapping exits is killed, as ever', async (t) => {
  const { gate, ends, client, heard } = setUp()
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.receive('1', '3', 'a', 'say', {})
  client.join('a', '4')
  gate.resolve()
  await settled()
  t.same(heard(), [])
  t.same(ends, [])
})

t.test('the user of a drain waits for the answers to what was sent', async (t) => {
  const { gate, client, heard } = setUp()
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.receive('1', '3', 'a', 'say', {})
  client.sent()
  const drained = client.socket.drain()
  gate.resolve()
  await drained
  t.same(
    client.sent().map((frame) => (frame as unknown[])[3]),
    ['waited', 'to nobody', 'phx_reply', 'said']
  )
  t.same(heard(), ['waited', 'said'])
  t.same(client.transport.closes, [1012])
})
