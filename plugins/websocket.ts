import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { WebSocket } from 'ws'
import type { RequestHeaders } from '../lib/diagnostics/events.js'
import type { ConnectInfo } from '../lib/mount/connect-info.js'
import {
  type Admission,
  type ConnectingClient,
  type Decision,
  type Refusal,
  type SocketMount,
  tooManyConnects
} from '../lib/mount/mount.js'
import { mayWriteDirectly } from '../lib/transport/direct-writes.js'
import { deflateOffers } from '../lib/transport/extensions.js'
import { IdleWatch } from '../lib/transport/idle-watch.js'
import { originCheck } from '../lib/transport/origin.js'
import { chooseSubprotocol, phoenixSubprotocol, withoutTokens } from '../lib/transport/subprotocols.js'
import { WebSocketTransport, type WebSocketTransportOptions } from '../lib/transport/websocket.js'
import { isThenable } from '../lib/util/thenable.js'
import {
  connectParams,
  hiddenSchema,
  originRefusal,
  queryStart,
  refuseEmptyParams,
  requestInfo,
  requestTarget,
  urlsOf
} from './connect-request.js'
import { offer } from './offered-headers.js'
import type { Settings } from './phoenix-options.js'
import { letGo } from './response-of-connection.js'
import { type PhoenixServer, serverOf } from './service.js'
import { dropBody } from './unwanted-body.js'
import { type Admitted, upgradeOf } from './upgrade.js'
import { gateOf } from './upgrade-gate.js'
import { registerServer } from './websocket-server.js'

/** The server that a mount belongs to. */
interface WebSocketHost extends Pick<PhoenixServer, 'clock' | 'log' | 'endpoint' | 'backlogs'> {
  /** What `connect` is told, in place of what the option `connectInfo` says. */
  connectInfo?(request: FastifyRequest): ConnectInfo
}

/**
 * Serves the WebSocket transport of one mount. Everything that can refuse a client happens before
 * the upgrade, so that a refusal is a plain HTTP answer: origin, sub-protocol, then `connect`.
 */
export async function websocket(
  app: FastifyInstance,
  mount: SocketMount,
  settings: Settings,
  server: WebSocketHost = serverOf(app)
): Promise<void> {
  const options = settings.websocket
  if (options === false) return

  const startOfQuery = queryStart(app)
  const checkOrigin = originCheck(settings.checkOrigin, settings.host)
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
  const gate = gateOf(app)
  const writesDirectly = mayWriteDirectly()

  // Not async: where `connect` is not, the upgrade happens without a promise, too.
  const admit = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const { headers } = request.raw
    const client = new RequestClient(request)
    if (!request.ws) {
      dropBody(request, server.clock, bodyTimeoutMs)
      const problem = `'connection' header must contain 'upgrade', got ${JSON.stringify(headers.connection ?? '')}`
      reply.code(400).type('text/plain').send(problem)
      return
    }
    const wanted = checkOrigin(headers.origin, () => requestTarget(request))
    if (wanted !== undefined) {
      mount.refuse('origin', client, originRefusal(request, wanted))
      reply.code(403).send()
      return
    }
    const offered = headers['sec-websocket-protocol']
    const choice = chooseSubprotocol(offered, subprotocols, settings.authToken)
    if (choice === undefined) {
      mount.refuse('subprotocol', client, {
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
    upgradeOf(request.raw).subprotocol = choice.selected
    // The ws server refuses what it cannot make out.
    offer(headers, 'sec-websocket-protocol', choice.selected)
    if (options.compress) {
      offer(headers, 'sec-websocket-extensions', deflateOffers(headers['sec-websocket-extensions']))
    }

    const info = server.connectInfo?.(request) ?? requestInfo(settings.connectInfo, request)
    if (settings.authToken) info.authToken = choice.token
    const decision = mount.connect(connectParams(request, startOfQuery), info, client)
    if (decision instanceof Promise) {
      decision.then((later) => decided(later, request, reply, done)).catch(done)
    } else decided(decision, request, reply, done)
  }

  const decided = (
    decision: Decision,
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction
  ): void => {
    if ('refusal' in decision) refuse(decision.refusal, request, reply).catch(done)
    else take(decision.admission, request, reply, done)
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
    const upgrade = upgradeOf(request.raw)
    upgrade.admitted = { admission, reply }
    try {
      done()
    } finally {
      // Usually the upgrade has happened by now, and the transport gives the place back.
      if (upgrade.admitted !== undefined) releaseWithConnection(admission, request)
    }
  }

  const open = (ws: WebSocket, request: FastifyRequest): void => {
    const upgrade = upgradeOf(request.raw)
    const { admission, reply } = upgrade.admitted as Admitted
    upgrade.admitted = undefined
    // The one of @fastify/websocket keeps request and reply; the transport listens itself, from here on.
    ws.removeAllListeners('error')
    letGo(reply.raw)
    const transport = new WebSocketTransport(ws, shared, writesDirectly ? upgrade.connection : undefined)
    transport.attach(admission.open(transport), admission)
  }

  const path = `${settings.path}/${options.path}`
  // A context of its own, for the ws server and what comes with it.
  await app.register(async (scope) => {
    await registerServer(scope, gate, settings, (request) => upgradeOf(request).subprotocol)
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

/** Who asks for a WebSocket. */
class RequestClient implements ConnectingClient {
  readonly transport = 'websocket'
  readonly #request: FastifyRequest

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  headers(): RequestHeaders {
    return this.#request.raw.headers
  }

  address(): string {
    return this.#request.ip
  }

  isGone(): boolean {
    return this.#request.raw.socket?.destroyed === true
  }
}

/** Milliseconds in which a body that nobody wants has to be there, so that its connection may live on. */
const bodyTimeoutMs = 15_000

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
