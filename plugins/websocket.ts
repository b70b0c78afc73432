import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { WebSocket } from 'ws'
import {
  type Admission,
  type Decision,
  type Refusal,
  type SocketMount,
  tooManyConnects
} from '../lib/mount/mount.js'
import { deflateOffers } from '../lib/transport/extensions.js'
import { IdleWatch } from '../lib/transport/idle-watch.js'
import { originCheck } from '../lib/transport/origin.js'
import { chooseSubprotocol, phoenixSubprotocol, withoutTokens } from '../lib/transport/subprotocols.js'
import {
  type Connection,
  WebSocketTransport,
  type WebSocketTransportOptions
} from '../lib/transport/websocket.js'
import { isThenable } from '../lib/util/thenable.js'
import {
  connectParams,
  hiddenSchema,
  originRefusal,
  queryDelimiter,
  refuseEmptyParams,
  requestInfo,
  requestTarget,
  urlsOf
} from './connect-request.js'
import type { Settings } from './options.js'
import { serverOf } from './service.js'
import { dropBody } from './unwanted-body.js'
import { gateOf, type UpgradeGate } from './upgrade-gate.js'

interface Admitted {
  readonly admission: Admission
  readonly reply: FastifyReply
}

/**
 * Serves the WebSocket transport of one mount. Everything that can refuse a client happens before
 * the upgrade, so that a refusal is a plain HTTP answer: origin, sub-protocol, then `connect`.
 */
export async function websocket(app: FastifyInstance, mount: SocketMount, settings: Settings): Promise<void> {
  const options = settings.websocket
  if (options === false) return
  const server = serverOf(app)

  const delimiter = queryDelimiter(app)
  const allowsOrigin = originCheck(settings.checkOrigin, settings.host)
  const subprotocols = settings.authToken
    ? [phoenixSubprotocol, ...options.subprotocols]
    : options.subprotocols
  const shared: WebSocketTransportOptions = {
    clock: server.clock,
    log: server.log,
    stats: server.endpoint.stats,
    turns: server.endpoint.turns,
    idleWatch: new IdleWatch(server.clock, options.timeoutMs),
    backlogs: server.backlogs,
    limits: settings.limits
  }
  /** Clients that may connect, and have not been upgraded. */
  const admitted = new WeakMap<FastifyRequest, Admitted>()

  // Not async: where `connect` is not, the upgrade happens without a promise, too.
  const admit = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { headers } = request.raw
    if (!request.ws) {
      dropBody(request, server.clock, bodyTimeoutMs)
      const problem = `'connection' header must contain 'upgrade', got ${JSON.stringify(headers.connection ?? '')}`
      reply.code(400).type('text/plain').send(problem)
      return
    }
    if (!allowsOrigin(headers.origin, () => requestTarget(request))) {
      mount.refusals.add('origin', originRefusal(request, settings))
      reply.code(403).send()
      return
    }
    const offered = headers['sec-websocket-protocol']
    const choice = chooseSubprotocol(offered, subprotocols, settings.authToken)
    if (choice === undefined) {
      mount.refusals.add('subprotocol', {
        offered: withoutTokens(offered).join(', '),
        supported: subprotocols.join(', ')
      })
      reply.code(403).send()
      return
    }
    if (!isUpgrade(request)) {
      reply.code(400).send()
      return
    }
    // The ws server takes the first protocol that it is offered, and refuses what it cannot make out.
    offer(headers, 'sec-websocket-protocol', choice.selected)
    offer(
      headers,
      'sec-websocket-extensions',
      options.compress ? deflateOffers(headers['sec-websocket-extensions']) : undefined
    )

    const info = requestInfo(settings.connectInfo, request)
    if (settings.authToken) info.authToken = choice.token
    const decided = (decision: Decision): void => {
      if ('refusal' in decision) refuse(decision.refusal, request, reply).catch(done)
      else take(decision.admission, request, reply, done)
    }
    const decision = mount.connect(
      connectParams(request, delimiter),
      info,
      () => request.ip,
      () => request.raw.socket?.destroyed === true
    )
    if (decision instanceof Promise) decision.then(decided).catch(done)
    else decided(decision)
  }

  const refuse = async (
    refusal: Refusal | undefined,
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<void> => {
    if (refusal === undefined || options.errorHandler === undefined) {
      reply.code(refusal === tooManyConnects ? 429 : 403).send()
    } else {
      const answer = options.errorHandler(refusal.reason, request, reply)
      // One that returns at once may answer later; one that is through has had its time.
      if (!isThenable(answer)) return
      await answer
      if (!reply.sent) reply.code(403).send()
    }
  }

  const take = (
    admission: Admission,
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction
  ): void => {
    admitted.set(request, { admission, reply })
    try {
      done()
    } finally {
      // Usually the upgrade has happened by now, and the transport gives the place back.
      if (admitted.has(request)) releaseWithConnection(admission, request)
    }
  }

  const open = (ws: WebSocket, request: FastifyRequest): void => {
    const { admission, reply } = admitted.get(request) as Admitted
    admitted.delete(request)
    dropErrorHandler(ws)
    letGo(reply.raw)
    const transport = new WebSocketTransport(ws, shared, connectionOf(ws, request))
    transport.attach(admission.open(transport), admission)
  }

  const path = `${settings.path}/${options.path}`
  // A context of its own, for the ws server and what comes with it.
  await app.register(async (scope) => {
    const gate = gateOf(app)
    await registerServer(scope, gate, settings)
    offerInjection(app, scope)
    scope.addHook('onRoute', ({ url }) => gate.add(url, true))
    for (const url of urlsOf(app, path)) {
      scope.route({
        method: 'GET',
        url,
        exposeHeadRoute: false,
        schema: hiddenSchema,
        ...(/[:*]/.test(path) && { onRequest: refuseEmptyParams }),
        preValidation: admit,
        // Never reached: without an upgrade the request is answered before.
        handler: (_request, reply) => reply.code(400).send(),
        wsHandler: open
      })
      scope.route({
        method: ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        schema: hiddenSchema,
        onRequest: async (request, reply) => {
          dropBody(request, server.clock, bodyTimeoutMs)
          return reply.code(400).send()
        },
        handler: (_request, reply) => reply.code(400).send()
      })
    }
  })
}

/** Milliseconds in which a body that nobody wants has to be there, so that its connection may live on. */
const bodyTimeoutMs = 15_000

/** Milliseconds that a client has to answer a close frame; a server that closes waits for it. */
const closeTimeoutMs = 5000

/** The limit that `ws` has by itself. */
const defaultFragments = 16 * 1024

/**
 * Pieces in which a client may send one message. Nobody hears of a piece, so that a flood of empty ones took
 * 90 ms of a turn of the event loop. Who splits large messages makes pieces of more than 1 KiB.
 */
function maxFragments(frameBytes: number): number {
  return frameBytes === 0 ? defaultFragments : Math.max(256, Math.ceil(frameBytes / 1024))
}

/**
 * Registers @fastify/websocket for the routes of one mount, with a ws server of its own: the limits of the mount
 * bind nobody else, and one that the application registers anywhere binds no mount.
 */
async function registerServer(scope: FastifyInstance, gate: UpgradeGate, settings: Settings): Promise<void> {
  const { frameBytes } = settings.limits
  // A variable of its own, because @types/ws does not know closeTimeout yet.
  const options = {
    maxPayload: frameBytes,
    maxFragments: maxFragments(frameBytes),
    perMessageDeflate: settings.websocket !== false && settings.websocket.compress,
    closeTimeout: closeTimeoutMs,
    server: gate.entrance()
  }
  // The application's own has decorated requests with the same thing already.
  if (scope.hasRequestDecorator('ws')) Object.assign(scope, { decorateRequest: () => scope })
  await scope.register(fastifyWebsocket, {
    options,
    // The sockets are closed with a code of their own, see the server.
    preClose: (done) => done(),
    // The transport hears of every error itself; ws has sent the close frame that belongs to it.
    errorHandler: () => {}
  })
}

/** For tests, `injectWS` of the application's own @fastify/websocket reaches our routes; without one, this does. */
function offerInjection(app: FastifyInstance, { injectWS }: FastifyInstance): void {
  // Not before all is registered: the application's own may come later.
  app.addHook('onReady', async () => {
    if (!('injectWS' in app)) Object.assign(app, { injectWS })
  })
}

/** Another hook holds the upgrade up, or has refused it: the place is free again when the connection is gone. */
function releaseWithConnection(admission: Admission, request: FastifyRequest): void {
  const connection = request.raw.socket
  if (connection?.destroyed) admission.release()
  else connection?.once('close', () => admission.release())
}

/**
 * The response never ends when its connection is upgraded, and the connection would keep it, the request
 * and what Fastify made of both: 2 KiB, as long as it lives. Whoever waits for its close still hears of it.
 */
function letGo(response: ServerResponse): void {
  if (response.socket !== null && response.listenerCount('close') === 0)
    response.detachSocket(response.socket)
}

/**
 * What `ws` writes to, where that is the connection of the request: `injectWS` has requests without one, and
 * with whatever a test gives them.
 */
function connectionOf(ws: WebSocket, { raw }: FastifyRequest): Connection | undefined {
  return Reflect.get(ws, '_socket') === raw.socket ? raw.socket : undefined
}

/** The listener that @fastify/websocket has just added for our `errorHandler` keeps request and reply, too. */
function dropErrorHandler(ws: WebSocket): void {
  const handler = ws.listeners('error').at(-1)
  if (handler !== undefined) ws.off('error', handler as () => void)
}

/** Offers the ws server this value of a header, or none. */
function offer(headers: IncomingHttpHeaders, name: string, value: string | undefined): void {
  // Most clients send none, and an object that something was deleted from is slow ever after.
  if (headers[name] !== undefined) headers[name] = value
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
