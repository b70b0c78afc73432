import { once } from 'node:events'
import { get } from 'node:http'
import t, { type Test } from 'tap'
import type { ConnectInfo, PhoenixOptions } from '../../plugins/phoenix.js'
import { byDefault, keepingAlive, noNginx, startNginx, upgrading } from '../fixtures/nginx.js'
import { answer, connectPhoenix, next, rejoined } from '../fixtures/phoenix-client.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

const skip = noNginx()

interface Behind {
  mount?: Partial<PhoenixOptions>
  location?: string
  trustProxy?: string | boolean
}

/** A server behind an nginx; `url` leads through it. */
async function serve(
  t: Test,
  { mount = {}, location = upgrading, trustProxy = '127.0.0.1' }: Behind = {}
): Promise<{ app: Awaited<ReturnType<typeof startServer>>['app']; url: string; base: string }> {
  const { app, port } = await startServer(t, mount, { trustProxy })
  const proxy = await startNginx(t, port, location)
  return { app, url: `ws://127.0.0.1:${proxy}/socket`, base: `http://127.0.0.1:${proxy}` }
}

for (const [transport, location] of [
  ['websocket', upgrading],
  ['longpoll', upgrading],
  ['longpoll', keepingAlive],
  ['longpoll', byDefault]
] as const) {
  const manner = {
    [upgrading]: 'upgrades',
    [keepingAlive]: 'keeps connections',
    [byDefault]: 'speaks HTTP/1.0'
  }
  t.test(`phoenix.js over ${transport} behind an nginx that ${manner[location]}`, { skip }, async (t) => {
    const { app, url } = await serve(t, { location })
    const socket = connectPhoenix(t, url, { transport, params: { user_id: 'alice' } })
    const channel = socket.channel('room:a')
    t.equal((await answer(channel.join())).status, 'ok')
    const fill = 'x'.repeat(60_000)
    t.same((await answer(channel.push('ping', { fill }))).response, { fill })

    const heard: number[] = []
    const all = new Promise<void>((resolve) => {
      channel.on('news', ({ n }) => {
        if (heard.push(n) === 50) resolve()
      })
    })
    for (let n = 0; n < 50; n++) {
      app.phoenix.broadcast('room:a', 'news', { n })
      // Some of them meet a poll, others wait for the next one.
      if (n % 5 === 0) await answer(channel.push('ping', {}))
    }
    await all
    t.same(heard, [...heard.keys()], 'each once, in order')

    const again = rejoined(channel)
    app.phoenix.disconnect('user_socket:alice')
    await again
    const shout = next(channel, 'shout')
    channel.push('shout', { x: 1 })
    t.same(await shout, { x: 1 })
  })
}

t.test(
  'connect is told the address of the client, whatever the client says about it',
  { skip },
  async (t) => {
    const infos: ConnectInfo[] = []
    const { url, base } = await serve(t, {
      mount: {
        connectInfo: ['peerData', 'uri'],
        connect: (_params, info) => {
          infos.push(info)
          return {}
        }
      }
    })
    const options = { localAddress: '127.0.0.2', headers: { 'x-forwarded-for': '192.0.2.7' } }
    await connectRaw(t, url, '', options)
    const [response] = await once(get(`${base}/socket/longpoll?vsn=2.0.0`, options), 'response')
    response.resume()
    t.same(
      infos.map(({ peerData }) => peerData?.address),
      ['127.0.0.2', '127.0.0.2']
    )
    t.match(infos[0]?.uri, { scheme: 'http', host: '127.0.0.1', port: Number(new URL(base).port) })
  }
)

t.test('connects are limited for each client behind the proxy by itself', { skip }, async (t) => {
  const limits = { connects: { count: 2, windowMs: 60_000 } }
  const { url } = await serve(t, { mount: { limits } })
  const from = (localAddress: string) => refusal(url, '', { localAddress })
  t.same(
    [await from('127.0.0.2'), await from('127.0.0.2'), await from('127.0.0.2')],
    [undefined, undefined, 429]
  )
  t.equal(await from('127.0.0.3'), undefined)
  const spoofed = { localAddress: '127.0.0.2', headers: { 'x-forwarded-for': '192.0.2.9' } }
  t.equal(await refusal(url, '', spoofed), 429, 'a header of the client does not help it')
})

t.test('a server that does not trust the proxy takes it for the client', { skip }, async (t) => {
  const addresses: (string | undefined)[] = []
  const { url } = await serve(t, {
    trustProxy: false,
    mount: {
      connectInfo: ['peerData'],
      connect: (_params, info) => {
        addresses.push(info.peerData?.address)
        return {}
      }
    }
  })
  await connectRaw(t, url, '', { localAddress: '127.0.0.2' })
  t.same(addresses, ['127.0.0.1'])
})

t.test('pages of the public host may connect through the proxy, others may not', { skip }, async (t) => {
  const { url, base } = await serve(t)
  await connectRaw(t, url, '', { headers: { origin: base } })
  t.equal(await refusal(url, '', { headers: { origin: 'https://elsewhere.example' } }), 403)
})

t.test('a close of the server comes through the proxy with its code', { skip }, async (t) => {
  const { app, url } = await serve(t)
  const client = await connectRaw(t, url)
  await app.close()
  t.equal(await client.closed, 1012)
})

t.test(
  'an nginx that does not upgrade is told so, and phoenix.js falls back to polling',
  { skip },
  async (t) => {
    const { app, url } = await serve(t, { location: byDefault })
    t.equal(await refusal(url), 400)
    const channel = connectPhoenix(t, url, { longPollFallbackMs: 2000 }).channel('room:a')
    t.equal((await answer(channel.join())).status, 'ok')
    const news = next(channel, 'news')
    app.phoenix.broadcast('room:a', 'news', { x: 1 })
    t.same(await news, { x: 1 })
  }
)
