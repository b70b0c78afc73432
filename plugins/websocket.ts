import { createServer } from 'node:http'
import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Admission, type SocketMount, tooManyConnects } from '../lib/socket-mount.js'
import { originCheck } from '../lib/transport/origin.js'
import { chooseSubprotocol, phoenixSubprotocol } from '../lib/transport/subprotocols.js'
import { type WebSocketLike, WebSocketTransport } from '../lib/transport/websocket.js'
import {
  connectParams,
  hiddenSchema,
  refuseEmptyParams,
  requestInfo,
  requestTarget
} from './connect-request.js'
import type { Settings } from './options.js'
import { type PhoenixService, serviceOf } from './service.js'

/**
 * Serves the WebSocket transport of one mount. Everything that can refuse a client happens before
 * the upgrade, so that a refusal is a plain HTTP answer: origin, sub-protocol, then `connect`.
 */
export async function websocket(app: FastifyInstance, mount: SocketMount, settings: Settings): Promise<void> {
  const options = settings.websocket
  if (options === false) return
  const service = serviceOf(app)
  await ensureServer(app, service, settings.limits.frameBytes)

  const allowsOrigin = originCheck(settings.checkOrigin, settings.host)
  const subprotocols = settings.authToken
    ? [phoenixSubprotocol, ...options.subprotocols]
    : options.subprotocols
  const admissions = new WeakMap<FastifyRequest, Admission>()

  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { headers } = request.raw
    if (!request.ws) {
      return reply
        .code(400)
        .type('text/plain')
        .send(`'connection' header must contain 'upgrade', got ${JSON.stringify(headers.connection ?? '')}`)
    }
    if (!allowsOrigin(headers.origin, requestTarget(request))) return reply.code(403).send()
    const choice = chooseSubprotocol(headers['sec-websocket-protocol'], subprotocols)
    if (choice === undefined) return reply.code(403).send()
    if (!isUpgrade(request)) return reply.code(400).send()

    const info = requestInfo(settings.connectInfo, request)
    if (settings.authToken) info.authToken = choice.token
    const decision = await mount.connect(connectParams(request), info, request.ip)
    if ('refusal' in decision) {
      if (decision.refusal === undefined || options.errorHandler === undefined) {
        return reply.code(decision.refusal === tooManyConnects ? 429 : 403).send()
      }
      await options.errorHandler(decision.refusal.reason, request, reply)
      return reply
    }
    hold(decision.admission, request)
    admissions.set(request, decision.admission)
    // Each mount negotiates for itself; the ws server behind all of them just takes what is offered.
    if (choice.selected === undefined) delete headers['sec-websocket-protocol']
    else headers['sec-websocket-protocol'] = choice.selected
    if (!options.compress) delete headers['sec-websocket-extensions']
    return undefined
  }

  const open = (ws: WebSocketLike, request: FastifyRequest): void => {
    const admission = admissions.get(request) as Admission
    const transport = new WebSocketTransport(
      ws,
      {
        clock: service.clock,
        log: app.log,
        stats: service.endpoint.stats,
        turns: service.endpoint.turns,
        timeoutMs: options.timeoutMs,
        frameBytes: settings.limits.frameBytes,
        queuedBytes: settings.limits.queuedBytes
      },
      request.raw.socket
    )
    const socket = admission.open(transport)
    ws.on('close', admission.release)
    transport.attach(socket)
  }

  const path = `${settings.path}/${options.path}`
  for (const url of [path, `${path}/`]) {
    app.route({
      method: 'GET',
      url,
      exposeHeadRoute: false,
      schema: hiddenSchema,
      onRequest: refuseEmptyParams,
      preValidation: admit,
      // Never reached: without an upgrade the request is answered before.
      handler: (_request, reply) => reply.code(400).send(),
      wsHandler: open
    })
    app.route({
      method: ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url,
      schema: hiddenSchema,
      // Before the body is looked at.
      onRequest: async (_request, reply) => reply.code(400).send(),
      handler: (_request, reply) => reply.code(400).send()
    })
  }
}

/** Milliseconds that a client has to answer a close frame; a server that closes waits for it. */
const closeTimeoutMs = 5000

/**
 * Registers @fastify/websocket where the application has not done so. There is one ws server for
 * all mounts of a context: it takes the largest frame that any of them takes, and each checks its own limit.
 */
async function ensureServer(
  app: FastifyInstance,
  service: PhoenixService,
  frameBytes: number
): Promise<void> {
  if (app.websocketServer === undefined) {
    // A variable of its own, because @types/ws does not know closeTimeout yet.
    const options = {
      maxPayload: frameBytes,
      perMessageDeflate: true,
      closeTimeout: closeTimeoutMs,
      // Requests reach the routes of all contexts through the first ws server that listens.
      ...(service.ownWebSocketServer ? { server: createServer() } : {})
    }
    await app.register(fastifyWebsocket, {
      options,
      // The sockets are closed with a code of their own, see the service.
      preClose: (done) => done(),
      // The transport hears of every error itself; ws has sent the close frame that belongs to it.
      errorHandler: () => {}
    })
    service.ownWebSocketServer = true
  } else if (service.ownWebSocketServer) {
    const { options } = app.websocketServer
    const unlimited = frameBytes === 0 || options.maxPayload === 0
    options.maxPayload = unlimited ? 0 : Math.max(frameBytes, options.maxPayload ?? 0)
  }
}

/** The place of a client is free again when its connection is gone, whether it was upgraded or not. */
function hold(admission: Admission, request: FastifyRequest): void {
  const connection = request.raw.socket
  if (connection?.destroyed) admission.release()
  else connection?.once('close', admission.release)
}

/** What RFC 6455 section 4.2.1 demands of the request beyond what Node has looked at. */
function isUpgrade({ raw: { headers } }: FastifyRequest): boolean {
  const key = headers['sec-websocket-key']
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    String(headers['sec-websocket-version']) === '13' &&
    key !== undefined &&
    /^[+/0-9A-Za-z]{22}==$/.test(key)
  )
}
