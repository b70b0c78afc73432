import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import phoenix from '../../plugins/phoenix.js'
import { rewriteUrlOf, routerOptions } from '../../plugins/router-options.js'
import { talk, upgrade } from '../fixtures/raw-http.js'
import { listen, options } from '../fixtures/server.js'
import { replace } from '../fixtures/without.js'

/** Fastify keeps its options where nobody finds them. */
function hideOptions(t: Test): void {
  const { getOwnPropertySymbols } = Object
  replace(t, Object, 'getOwnPropertySymbols', (object: object) =>
    getOwnPropertySymbols(object).filter(({ description }) => description !== 'fastify.options')
  )
}

const rewriteUrl = ({ url = '' }: IncomingMessage): string => url.replace('/app', '')

t.test('this Fastify keeps its options where they are looked for', async (t) => {
  t.equal(rewriteUrlOf(Fastify()), undefined)
  t.equal(rewriteUrlOf(Fastify({ rewriteUrl })), rewriteUrl)
  hideOptions(t)
  t.equal(rewriteUrlOf(Fastify({ rewriteUrl })), 'unknown')
})

const defaults = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  maxParamLength: 100,
  useSemicolonDelimiter: false
}
const servers = [
  [{}, {}],
  [
    { ignoreTrailingSlash: true, caseSensitive: false },
    { ignoreTrailingSlash: true, caseSensitive: false }
  ],
  [{ ignoreDuplicateSlashes: true, routerOptions: {} }, { ignoreDuplicateSlashes: true }],
  [
    { routerOptions: { ignoreTrailingSlash: true, useSemicolonDelimiter: true, maxParamLength: 10 } },
    { ignoreTrailingSlash: true, useSemicolonDelimiter: true, maxParamLength: 10 }
  ],
  [
    { routerOptions: { caseSensitive: false, ignoreDuplicateSlashes: true } },
    { caseSensitive: false, ignoreDuplicateSlashes: true }
  ]
] as [FastifyServerOptions, object][]

t.test("the router's options are seen in both places that they may be given in", async (t) => {
  for (const [server, given] of servers)
    t.strictSame(routerOptions(Fastify(server)), { ...defaults, ...given })
})

t.test(
  'where it does not, a WebSocket opens at a path that is rewritten, and others are answered',
  async (t) => {
    hideOptions(t)
    const app = Fastify({ rewriteUrl })
    app.get('/hello', async () => ({ hello: true }))
    await app.register(phoenix, options)
    const { base, port } = await listen(t, app)
    for (const path of ['/app/socket/websocket', '/socket/websocket']) {
      const ws = new WebSocket(`ws${base.slice(4)}${path}?vsn=2.0.0`)
      await once(ws, 'open')
      ws.terminate()
    }
    t.match(await talk(t, port, `GET /app/hello HTTP/1.1\r\n${upgrade}`, /\}/), /200 OK[\s\S]*"hello":true/)
    t.match(await talk(t, port, `GET /nowhere HTTP/1.1\r\n${upgrade}`, /\}/), /404 Not Found/)
  }
)
