import t from 'tap'
import type { JoinResult } from '../../lib/channel/channel.js'
import { deferred, ok, settled, TestSocket } from '../fixtures/test-socket.js'

const unlimited = { events: { count: 0, windowMs: 1 } }

function flood(client: TestSocket, topic: string, count: number): void {
  for (let i = 0; i < count; i++) client.receive('1', i, topic, 'work', {})
}

/** Resolves when so many frames were sent. */
async function answered(client: TestSocket, count: number): Promise<void> {
  while (client.transport.frames.length < count) await settled()
}

t.test('a client that floods a slow handler is not read until the handler has caught up', async (t) => {
  const { promise, resolve } = deferred()
  const client = new TestSocket({
    limits: unlimited,
    channels: { '*': { join: () => ok, handleIn: { work: () => promise.then(() => ok) } } }
  })
  client.join('a')
  flood(client, 'a', 200)
  t.notOk(client.transport.paused)
  flood(client, 'a', 100)
  t.ok(client.transport.paused)
  resolve()
  await answered(client, 301)
  t.notOk(client.transport.paused)
})

t.test('messages behind a join that hangs count as well', async (t) => {
  const { promise, resolve } = deferred<JoinResult>()
  const client = new TestSocket({
    limits: unlimited,
    channels: { '*': { join: () => promise, handleIn: { work: () => ok } } }
  })
  client.join('a')
  flood(client, 'a', 300)
  t.ok(client.transport.paused)
  resolve(ok)
  await answered(client, 301)
  t.notOk(client.transport.paused)
})

t.test('messages count over all channels of the socket', async (t) => {
  const client = new TestSocket({
    limits: unlimited,
    channels: { '*': { join: () => ok, handleIn: { work: () => new Promise<void>(() => {}) } } }
  })
  client.join('a')
  client.join('b')
  flood(client, 'a', 150)
  t.notOk(client.transport.paused)
  flood(client, 'b', 150)
  t.ok(client.transport.paused)
})

t.test('what waited for a channel that ends does not hold the client up any more', async (t) => {
  const { promise, reject } = deferred()
  const client = new TestSocket({
    limits: unlimited,
    channels: { '*': { join: () => ok, handleIn: { work: () => promise } } }
  })
  client.join('a')
  flood(client, 'a', 300)
  t.ok(client.transport.paused)
  reject(new Error('x'))
  await settled()
  t.notOk(client.transport.paused)
})

t.test('a socket that drains is not read any more, although its handler has caught up', async (t) => {
  const working = deferred()
  const draining = deferred()
  const client = new TestSocket({
    limits: unlimited,
    channels: {
      '*': {
        join: () => ok,
        handleIn: { work: () => working.promise.then(() => ok) },
        drain: () => draining.promise
      }
    }
  })
  client.join('a')
  flood(client, 'a', 300)
  const drained = client.socket.drain()
  working.resolve()
  await answered(client, 301)
  t.ok(client.transport.paused)
  draining.resolve()
  await drained
  t.same(client.transport.closes, [1012])
})
