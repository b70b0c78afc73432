import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { mayWriteDirectly } from '../../lib/transport/direct-writes.js'
import phoenix from '../../plugins/phoenix.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { listen, options } from '../fixtures/server.js'
import { replace } from '../fixtures/without.js'

t.test('frames may be written beside this ws', async (t) => {
  t.ok(mayWriteDirectly())
})

type Change = (t: Test) => () => void
const changes: Record<string, Change> = {
  'sends later': (t) => {
    const { send } = WebSocket.prototype
    return replace(t, WebSocket.prototype, 'send', function (this: WebSocket, ...args: never[]) {
      setImmediate(() => this.readyState === WebSocket.OPEN && Reflect.apply(send, this, args))
    })
  },
  'counts less': (t) => {
    const property = Object.getOwnPropertyDescriptor(
      WebSocket.prototype,
      'bufferedAmount'
    ) as PropertyDescriptor
    Object.defineProperty(WebSocket.prototype, 'bufferedAmount', { ...property, get: () => 0 })
    const giveBack = (): void => void Object.defineProperty(WebSocket.prototype, 'bufferedAmount', property)
    t.teardown(giveBack)
    return giveBack
  }
}

/** Texts that servers sent by `send` of ws, and that a client got: the replies to a ping and what it broadcast. */
async function traffic(t: Test, change?: Change) {
  const giveBack = change?.(t)
  const app = Fastify()
  await app.register(phoenix, options)
  giveBack?.()
  const { url } = await listen(t, app)
  const client = await connectRaw(t, url)
  const { send } = WebSocket.prototype
  const sent: string[] = []
  const restore = replace(
    t,
    WebSocket.prototype,
    'send',
    function (this: WebSocket, ...args: Parameters<typeof send>) {
      if (this !== client.ws) sent.push(String(args[0]))
      Reflect.apply(send, this, args)
    }
  )
  await client.join('room:a')
  const got: unknown[] = []
  for (const x of ['a', 'ü€😀', 'x'.repeat(70_000)]) {
    client.send('1', x.slice(0, 1), 'room:a', 'shout', { x })
    got.push(await client.next())
    client.ws.ping()
    t.ok(await client.isAlive())
  }
  restore()
  return { sent, got }
}

for (const [name, change] of Object.entries(changes)) {
  t.test(`where ws ${name}, it sends everything itself, and clients get the same`, async (t) => {
    const direct = await traffic(t)
    t.same(direct.sent, [], 'nothing went the slower way')
    const plain = await traffic(t, change)
    t.ok(plain.sent.length > 6)
    t.same(plain.got, direct.got)
  })
}
