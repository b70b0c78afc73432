import t from 'tap'
import type { JoinResult } from '../../lib/channel/channel.js'
import { deferred, joinTrappingExits, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

function behindJoin() {
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({ channels: { '*': { join: () => promise, handleIn: { ping: () => ok } } } })
  client.join('a')
  client.receive(null, '2', 'phoenix', 'heartbeat', {})
  return { client, resolve }
}

t.test(
  'a frame that breaks the protocol takes effect after all before it, and before all behind it',
  async (t) => {
    const breaks: [name: string, send: (client: TestSocket) => void, code: number][] = [
      ['no message', ({ socket }) => socket.receive(Buffer.from('oops'), false), 1011],
      [
        'half a surrogate pair',
        ({ socket }) => socket.receive(Buffer.from('["1","2","a","x",{"a":"\\ud800"}]'), false),
        1011
      ],
      ['bytes that are no push', ({ socket }) => socket.receive(Buffer.from([9]), true), 1011],
      ['a frame that is too large', ({ socket }) => socket.reject(1009), 1009]
    ]
    for (const [name, send, code] of breaks) {
      const { client, resolve } = behindJoin()
      send(client)
      client.receive(null, '3', 'phoenix', 'heartbeat', {})
      t.same(client.transport.closes, [], name)
      resolve(ok)
      await settled()
      t.same(client.sent(), [reply('1', '1', 'a'), reply(null, '2', 'phoenix')])
      t.same(client.transport.closes, [code])
    }
  }
)

t.test('also when the client has gone by then: its channels end with the failure', async (t) => {
  const reasons: string[] = []
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({
    channels: { '*': { join: () => promise, terminate: (reason) => void reasons.push(reason) } }
  })
  client.join('a')
  client.socket.receive(Buffer.from('oops'), false)
  client.socket.transportClosed(false)
  resolve(ok)
  await settled()
  t.same(reasons, ['error'])
})

t.test('what waits behind a join is worked off a share in each turn', async (t) => {
  let handled = 0
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({
    limits: { events: { count: 0, windowMs: 1 } },
    channels: {
      '*': {
        join: () => promise,
        handleIn: {
          work() {
            const end = performance.now() + 1
            while (performance.now() < end);
            handled++
          }
        }
      }
    }
  })
  client.join('a')
  for (let i = 0; i < 100; i++) client.receive('1', i, 'a', 'work', {})
  resolve(ok)
  let last = 0
  while (handled < 100) {
    await settled()
    t.ok(handled - last <= 20, `${handled - last} in one turn`)
    last = handled
  }
})

t.test(
  'a channel that traps exits and is busy: reply to the join, its own reply, farewell, end',
  async (t) => {
    const gate = deferred()
    const client = new TestSocket({
      channels: {
        '*': {
          join: joinTrappingExits,
          handleIn: { wait: () => gate.promise.then(() => ok), ping: () => ok },
          async terminate(_reason, channel) {
            channel.push('farewell', {})
            await settled()
            channel.push('and more', {})
          }
        }
      }
    })
    client.join('a')
    client.receive('1', '2', 'a', 'wait', {})
    client.receive('1', '3', 'a', 'ping', {})
    client.sent()
    client.join('a', '4')
    client.receive('4', '5', 'a', 'ping', {})
    t.same(await client.sentSoon(), [], 'the join waits')
    gate.resolve()
    for (let i = 0; i < 5; i++) await settled()
    t.same(client.sent(), [
      reply('4', '4', 'a'),
      reply('1', '2', 'a'),
      reply('1', '3', 'a'),
      ['1', null, 'a', 'farewell', {}],
      ['1', null, 'a', 'and more', {}],
      ['1', '1', 'a', 'phx_close', {}],
      reply('4', '5', 'a')
    ])
  }
)

t.test('one that takes more than five seconds is killed', async (t) => {
  let farewells = 0
  const client = new TestSocket({
    channels: {
      '*': {
        join: joinTrappingExits,
        handleIn: { wait: () => new Promise(() => {}) },
        terminate: () => void farewells++
      }
    }
  })
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.sent()
  client.join('a', '4')
  client.clock.advance(5000)
  t.same(await client.sentSoon(), [reply('4', '4', 'a'), ['1', '1', 'a', 'phx_close', {}]])
  t.equal(farewells, 0)
})
