import { once } from 'node:events'
import { createServer, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import phoenix, { defineChannel } from '../../plugins/phoenix.js'
import { connectRaw, refusal } from '../fixtures/raw-client.js'
import { listen, options } from '../fixtures/server.js'
import { deferred } from '../fixtures/test-socket.js'

/** A route of the application itself, as @fastify/websocket has it. */
function raw(app: FastifyInstance): void {
  app.get('/raw', { websocket: true }, (ws) => {
    ws.on('message', (data) => {
      if (String(data) === 'throw') throw new Error('not caught')
      ws.send(String((data as Buffer).length))
    })
  })
  app.get('/throws', { websocket: true }, () => {
    throw new Error('thrown by the handler')
  })
}

type Setup = (app: FastifyInstance, mount: object, errors: string[]) => Promise<void>
const errorHandler = (errors: string[]) => (error: Error, ws: WebSocket) => {
  errors.push(error.message)
  ws.terminate()
}
const setups: Record<string, Setup> = {
  async 'registered before, in the same context'(app, mount, errors) {
    await app.register(fastifyWebsocket, { errorHandler: errorHandler(errors) })
    await app.register(phoenix, { ...options, ...mount })
    raw(app)
  },
  async 'registered after, in the same context'(app, mount, errors) {
    await app.register(phoenix, { ...options, ...mount })
    await app.register(fastifyWebsocket, { errorHandler: errorHandler(errors) })
    raw(app)
  },
  async 'registered in a context beside'(app, mount, errors) {
    await app.register(async (scope) => scope.register(phoenix, { ...options, ...mount }))
    await app.register(async (scope) => {
      await scope.register(fastifyWebsocket, { errorHandler: errorHandler(errors) })
      raw(scope)
    })
  },
  async 'registered around'(app, mount, errors) {
    await app.register(fastifyWebsocket, { errorHandler: errorHandler(errors) })
    raw(app)
    await app.register(async (scope) => scope.register(phoenix, { ...options, ...mount }))
  }
}

for (const [where, setUp] of Object.entries(setups)) {
  t.test(`a @fastify/websocket ${where}: limits are each one's own`, async (t) => {
    const app = Fastify()
    const errors: string[] = []
    let connects = 0
    let hooks = 0
    app.addHook('onRequest', async () => void hooks++)
    const connect = () => {
      connects++
      return { userId: 'alice' }
    }
    await setUp(app, { connect, limits: { frameBytes: 1000, socketsPerUser: 2 } }, errors)
    const { base, url } = await listen(t, app)
    const socketUrl = `ws${base.slice(4)}`

    const theirs = new WebSocket(`${socketUrl}/raw`)
    await once(theirs, 'open')
    theirs.send('x'.repeat(500_000))
    t.equal(String((await once(theirs, 'message'))[0]), '500000')
    hooks = 0
    const ours = [await connectRaw(t, url), await connectRaw(t, url)]
    t.equal(connects, 2, 'each connect ran once')
    t.equal(hooks, 2, 'and the hooks of the application')
    t.equal(await refusal(url), 403, 'each took one place')
    ours[0]?.ws.send('x'.repeat(1000))
    t.equal(await ours[0]?.closed, 1009)

    const polling = new WebSocket(`${socketUrl}/socket/longpoll?vsn=2.0.0`)
    t.equal((await once(polling, 'error'))[0].message, 'Unexpected server response: 200')
    const throwing = new WebSocket(`${socketUrl}/throws`)
    await once(throwing, 'close')
    t.same(errors, ['thrown by the handler'])
    await app.close()
    t.equal(await ours[1]?.closed, 1012)
    if (theirs.readyState !== WebSocket.CLOSED) await once(theirs, 'close')
  })

  t.test(`a @fastify/websocket ${where}: our sockets are drained with their replies`, async (t) => {
    const app = Fastify()
    const called = deferred()
    const gate = deferred<object>()
    const room = defineChannel({
      join: () => ({ status: 'ok' }),
      handleIn: {
        async slow() {
          called.resolve()
          await gate.promise
          return { status: 'ok', response: { done: true } }
        }
      }
    })
    await setUp(app, { channels: { '*': room } }, [])
    const { url } = await listen(t, app)
    const client = await connectRaw(t, url)
    await client.join('room:a')
    client.send('1', '2', 'room:a', 'slow', {})
    await called.promise
    const closing = app.close()
    setImmediate(() => gate.resolve({}))
    t.match(await client.next(), ['1', '2', 'room:a', 'phx_reply', { response: { done: true } }])
    t.equal(await client.closed, 1012)
    await closing
  })
}

t.test('without one, a route that asks for WebSockets is what it is in plain Fastify', async (t) => {
  for (const withUs of [false, true]) {
    const app = Fastify()
    if (withUs) await app.register(phoenix, options)
    raw(app)
    const { base } = await listen(t, app)
    const ws = new WebSocket(`ws${base.slice(4)}/raw`)
    const [error] = await once(ws, 'error')
    t.equal(error.message, 'Unexpected server response: 500')
    await app.close()
  }
})

t.test('who listens to upgrades beside us gets all but ours', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  const { base, url } = await listen(t, app)
  const heard: unknown[] = []
  app.server.on('upgrade', (request, socket) => {
    heard.push(request.url)
    socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
  })
  t.ok(await (await connectRaw(t, url)).isAlive())
  const ws = new WebSocket(`ws${base.slice(4)}/theirs`)
  const [error] = await once(ws, 'error')
  t.equal(error.message, 'Unexpected server response: 418')
  t.same(heard, ['/theirs'])
})

t.test('a WebSocket opens, too, where Node emits its upgrade past whoever stands in front', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  const { port } = await listen(t, app)
  const second = createServer((request, response) => app.routing(request, response))
  second.on('upgrade', (...upgrade) => Server.prototype.emit.call(app.server, 'upgrade', ...upgrade))
  t.teardown(() => second.close())
  await once(second.listen(0, '127.0.0.1'), 'listening')
  const { port: secondPort } = second.address() as AddressInfo
  for (const one of [port, secondPort]) {
    t.ok(await (await connectRaw(t, `ws://127.0.0.1:${one}/socket`)).isAlive())
  }
  t.equal(app.phoenix.socketCount, 2)
})

t.test('so does who has turned all others away', async (t) => {
  const app = Fastify()
  await app.register(phoenix, options)
  const { base, url } = await listen(t, app)
  app.server.removeAllListeners('upgrade')
  app.server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
  )
  const [error] = await once(new WebSocket(`ws${base.slice(4)}/theirs`), 'error')
  t.equal(error.message, 'Unexpected server response: 418')
  t.ok(await (await connectRaw(t, url)).isAlive())
})

const routers: [string, object, string][] = [
  ['ignoreTrailingSlash', { ignoreTrailingSlash: true }, '/socket/websocket/'],
  [
    'ignoreTrailingSlash for its router',
    { routerOptions: { ignoreTrailingSlash: true } },
    '/socket/websocket/'
  ],
  ['ignoreDuplicateSlashes', { routerOptions: { ignoreDuplicateSlashes: true } }, '/socket//websocket'],
  ['no caseSensitive', { routerOptions: { caseSensitive: false } }, '/Socket/WEBSOCKET'],
  [
    'rewriteUrl',
    { rewriteUrl: ({ url }: { url: string }) => url.replace('/app', '') },
    '/app/socket/websocket'
  ]
]
for (const [name, server, path] of routers) {
  t.test(`a server with the option ${name} serves the routes that it says`, async (t) => {
    const app = Fastify(server)
    await app.register(phoenix, options)
    await app.register(async (scope) => scope.register(phoenix, options), { prefix: '/in/' })
    const { base } = await listen(t, app)
    for (const at of [path, '/socket/websocket', '/in/socket/websocket']) {
      const ws = new WebSocket(`ws${base.slice(4)}${at}?vsn=2.0.0`)
      await once(ws, 'open')
      ws.terminate()
    }
    const poll = await fetch(`${base}${path.replace(/websocket/i, 'longpoll')}?vsn=2.0.0`)
    t.match(await poll.json(), { status: 410 })
  })
}

t.test('a server with useSemicolonDelimiter takes parameters behind a semicolon', async (t) => {
  const app = Fastify({ routerOptions: { useSemicolonDelimiter: true } } as object)
  let connected: unknown
  await app.register(phoenix, {
    ...options,
    connect: (params) => {
      connected = params
      return {}
    }
  })
  const { base } = await listen(t, app)
  const ws = new WebSocket(`ws${base.slice(4)}/socket/websocket;vsn=2.0.0&a=b`)
  await once(ws, 'open')
  ws.terminate()
  t.match(connected, { vsn: '2.0.0', a: 'b' })
})

t.test('a route of the application that fits better than a mount with parameters is its own', async (t) => {
  const app = Fastify()
  await app.register(fastifyWebsocket)
  app.get('/admin/live/websocket', { websocket: true }, (ws) => ws.send('"theirs"'))
  await app.register(phoenix, { ...options, path: '/:tenant/live' })
  const { base } = await listen(t, app)
  const ws = new WebSocket(`ws${base.slice(4)}/admin/live/websocket`)
  t.equal(String((await once(ws, 'message'))[0]), '"theirs"')
  t.ok(await (await connectRaw(t, `ws${base.slice(4)}/acme/live`)).isAlive())
})
