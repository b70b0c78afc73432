import t from 'tap'
import type { Channel } from '../../lib/channel/channel.js'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import { ok, settled, TestSocket } from '../fixtures/test-socket.js'

function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** How many steps were done at most between two looks, each some turns of the event loop after the other. */
async function mostAtOnce(steps: () => number, all: number): Promise<number> {
  let most = 0
  for (let before = steps(); before < all; ) {
    await settled()
    most = Math.max(most, steps() - before)
    before = steps()
  }
  return most
}

t.test('deferred steps that go on for long leave others their turns', async (t) => {
  for (const isAsync of [false, true]) {
    let steps = 0
    const step = (channel: Channel): void | Promise<void> => {
      work(1)
      if (++steps < 300) channel.defer(() => step(channel))
      return isAsync ? Promise.resolve() : undefined
    }
    const client = new TestSocket({
      channels: {
        '*': { join: () => ok, handleIn: { go: (_payload, channel) => step(channel), say: () => ok } }
      }
    })
    client.join('a')
    client.receive('1', '2', 'a', 'go', {})
    await settled()
    const before = steps
    client.receive('1', '3', 'a', 'say', {})
    const most = await mostAtOnce(() => steps, 300)
    t.ok(before < 100, `${before} steps in the first turn`)
    t.ok(most < 100, `${most} steps at once`)
    t.equal(client.sent().length, 2, 'the messages of the client have theirs')
  }
})

t.test('so do many intercepted broadcasts, in many channels, and their order stays', async (t) => {
  const heard: number[][] = []
  const endpoint = new EndpointServer()
  const clients = Array.from({ length: 20 }, () => {
    const own: number[] = []
    heard.push(own)
    return new TestSocket({
      endpoint,
      channels: {
        '*': {
          join: () => ok,
          handleOut: {
            news(payload) {
              work(0.5)
              own.push((payload as { n: number }).n)
            }
          }
        }
      }
    })
  })
  for (const client of clients) client.join('a')
  for (let n = 0; n < 20; n++) endpoint.broadcast('a', 'news', { n })
  const most = await mostAtOnce(() => heard.flat().length, 400)
  t.ok(most < 150, `${most} at once`)
  for (const own of heard)
    t.same(
      own,
      [...own].sort((a, b) => a - b)
    )
})
