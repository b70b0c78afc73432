import t from 'tap'
import type { ChannelDefinition, JoinResult, TerminateReason } from '../../lib/channel/channel.js'
import { crashed, deferred, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

function clientOf(channel: ChannelDefinition, mailboxMessages: number): TestSocket {
  const client = new TestSocket({ channels: { '*': channel }, limits: { mailboxMessages } })
  client.join('a')
  client.sent()
  return client
}

const news = (client: TestSocket, count: number): void => {
  for (let i = 0; i < count; i++) client.endpoint.broadcast('a', 'news', { i })
}

t.test('a channel whose handler hangs ends when more waits than may, and is told why', async (t) => {
  const { promise, resolve } = deferred()
  const ends: [TerminateReason, unknown][] = []
  let heard = 0
  const client = clientOf(
    {
      join: () => ok,
      handleIn: { wait: () => promise },
      handleOut: { news: () => void heard++ },
      terminate: (reason, _channel, error) => void ends.push([reason, (error as { code?: string }).code])
    },
    3
  )
  client.receive('1', '2', 'a', 'wait', {})
  news(client, 3)
  t.same(await client.sentSoon(), [], 'as many as may wait do')
  news(client, 2)
  t.same(client.sent(), [crashed('1', 'a')], 'the end is told once')
  t.equal(client.endpoint.stats.mailboxesFull, 1)
  t.match(client.log.lines, [{ level: 'error', details: { err: { code: 'PHX_ERR_CHANNEL_MAILBOX_FULL' } } }])
  t.same(ends, [], 'terminate waits for the handler')
  resolve()
  await settled()
  t.same(ends, [['error', 'PHX_ERR_CHANNEL_MAILBOX_FULL']])
  t.equal(heard, 0)
  client.join('a', '3')
  t.same(client.sent(), [reply('3', '3', 'a')], 'the client can join again')
})

t.test('broadcasts that need no handler do not count', async (t) => {
  const client = clientOf({ join: () => ok, handleIn: { wait: () => new Promise(() => {}) } }, 1)
  client.receive('1', '2', 'a', 'wait', {})
  news(client, 5)
  t.equal(client.sent().length, 5)
})

t.test(
  'messages of the client, deferred functions and broadcasts of other topics count as well',
  async (t) => {
    for (const fill of [
      (client: TestSocket) => client.receive('1', '3', 'a', 'wait', {}),
      (client: TestSocket) => client.clock.advance(10),
      (client: TestSocket) => client.endpoint.broadcast('elsewhere', 'x', {})
    ]) {
      const client = clientOf(
        {
          join: () => ok,
          handleIn: {
            wait(_payload, channel) {
              channel.subscribe('elsewhere')
              channel.setTimeout(() => {}, 10)
              return new Promise(() => {})
            }
          },
          handleOut: { news: () => {} }
        },
        1
      )
      client.receive('1', '2', 'a', 'wait', {})
      news(client, 1)
      fill(client)
      t.same(client.sent(), [crashed('1', 'a')])
      t.equal(client.transport.paused, false)
    }
  }
)

t.test('what is too much while the join runs ends the channel when it has joined', async (t) => {
  const { promise, resolve } = deferred<JoinResult>()
  const client = clientOf(
    {
      join(_params, channel) {
        channel.defer(() => channel.push('first', {}))
        channel.defer(() => channel.push('second', {}))
        return promise
      }
    },
    1
  )
  resolve(ok)
  t.same(await client.sentSoon(), [reply('1', '1', 'a'), crashed('1', 'a')])
})

t.test('a limit of 0 is none', async (t) => {
  const { promise, resolve } = deferred()
  let heard = 0
  const client = clientOf(
    { join: () => ok, handleIn: { wait: () => promise }, handleOut: { news: () => void heard++ } },
    0
  )
  client.receive('1', '2', 'a', 'wait', {})
  news(client, 20_000)
  resolve()
  while (heard < 20_000) await settled()
  t.equal(heard, 20_000)
})
