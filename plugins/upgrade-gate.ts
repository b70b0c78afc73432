import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import { offer } from './offered-headers.js'
import { serveAsRequest } from './ordinary-request.js'
import { type Answers, answersOf } from './response-of-connection.js'
import { rewriteUrlOf, routerOptions } from './router-options.js'
import { upgradeOf } from './upgrade.js'

type Emit = (event: string, ...args: unknown[]) => boolean
type UpgradeArguments = [request: IncomingMessage, connection: Duplex, head: Buffer]
/** Node asks it since 22.21 and 24.9; before, every upgrade is one as soon as anybody listens. */
type MayUpgrade = { shouldUpgradeCallback?: (request: IncomingMessage) => boolean }

/**
 * Stands in front of all that listens to `upgrade` on one server. Upgrades to our WebSocket routes are ours
 * alone; those to other routes are for who else listens, as if we were not there; and where nobody does, or
 * the route is ours and no WebSocket's, they are ordinary requests, as to a server that knows no upgrades.
 */
export class UpgradeGate {
  readonly #app: FastifyInstance
  readonly #server: Server
  /** Finds routes as the router of the application does; it serves nothing. */
  readonly #router: FastifyInstance
  readonly #rewriteUrl: ReturnType<typeof rewriteUrlOf>
  readonly #answers: Answers
  /** Paths without parameters, as they were given, of WebSockets: nearly all upgrades, and no search finds another route. */
  readonly #plainPaths = new Set<string>()
  /** What our upgrades are emitted on; whichever listens, the router finds the route. */
  #entrance: Server | undefined
  /** What is being emitted for others. */
  #passedOn: IncomingMessage | undefined
  /**
   * Node before 22.21 and 24.9 tells of upgrades only where somebody listens. Where it does not emit by the method that
   * is replaced here, ours are taken all the same, though others hear of them as well.
   */
  readonly #ear = (...upgrade: UpgradeArguments): void => {
    if (this.#passedOn !== upgrade[0]) this.#take(upgrade)
  }

  /** Takes over the upgrades of the server. */
  constructor(app: FastifyInstance) {
    this.#app = app
    this.#server = app.server
    this.#router = Fastify({ routerOptions: routerOptions(app) })
    this.#rewriteUrl = rewriteUrlOf(app)
    this.#answers = answersOf(app.server)
    this.#takeOver()
  }

  /** A server that never listens, for one registration of @fastify/websocket: our upgrades arrive on one of them. */
  entrance(): Server {
    const entrance = createServer()
    this.#entrance ??= entrance
    return entrance
  }

  /** Tells of a route of ours; on all that are no WebSocket's, there is no upgrade. */
  add(url: string, isWebSocket: boolean): void {
    const method = isWebSocket ? 'GET' : 'POST'
    if (!this.#router.hasRoute({ method, url })) this.#router.route({ method, url, handler: () => {} })
    if (isWebSocket && isPlain(url)) this.#plainPaths.add(url)
  }

  #takeOver(): void {
    const server: Server & MayUpgrade = this.#server
    const emit: Emit = server.emit.bind(server)
    const emitOthers: Emit = (event, ...args) => {
      if (event !== 'upgrade') return emit(event, ...args)
      if (this.#take(args as UpgradeArguments)) return true
      this.#passedOn = args[0] as IncomingMessage
      try {
        return emit(event, ...args)
      } finally {
        this.#passedOn = undefined
      }
    }
    server.emit = emitOthers as Server['emit']
    server.on('upgrade', this.#ear)
    const mayUpgrade = server.shouldUpgradeCallback
    if (mayUpgrade === undefined) return
    server.shouldUpgradeCallback = (request) => {
      const route = this.#routeOf(request)
      if (route === undefined) return this.#isHeardByOthers && mayUpgrade.call(server, request)
      return route === 'websocket' && isWebSocketUpgrade(request)
    }
  }

  /** Whether the upgrade is for us, or for nobody, and was served. */
  #take([request, connection, head]: UpgradeArguments): boolean {
    const route = this.#routeOf(request)
    if (route === undefined && this.#isHeardByOthers) return false
    const answer = this.#answers.pending(connection)
    if (answer !== undefined) {
      afterAnswer(answer, connection, () => this.#server.emit('upgrade', request, connection, head))
    } else if (route === 'websocket' && isWebSocketUpgrade(request)) this.#upgrade(request, connection, head)
    else serveAsRequest(this.#server, request, connection, head)
    return true
  }

  #upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    // The only token that ws wants to see there.
    offer(request.headers, 'upgrade', 'websocket')
    if (connection === request.socket) upgradeOf(request).connection = request.socket
    this.#answers.upgrade(connection, () => this.#entrance?.emit('upgrade', request, connection, head))
  }

  get #isHeardByOthers(): boolean {
    return this.#server.listeners('upgrade').some((listener) => listener !== this.#ear)
  }

  #routeOf(request: IncomingMessage): 'websocket' | 'other' | undefined {
    const url = this.#rewrite(request)
    if (typeof url !== 'string') return undefined
    if (this.#plainPaths.has(pathOf(url))) return 'websocket'
    if (this.#isOurs('GET', url)) return 'websocket'
    if (this.#isOurs('POST', url)) return 'other'
    // It may become ours when Fastify rewrites it. Where it does not, it is answered, and its connection ends.
    return this.#rewriteUrl === 'unknown' && !this.#isHeardByOthers && isWebSocketUpgrade(request)
      ? 'websocket'
      : undefined
  }

  #rewrite(request: IncomingMessage): string | undefined {
    const rewriteUrl = this.#rewriteUrl
    return typeof rewriteUrl === 'function' ? rewriteUrl.call(this.#app, request) : request.url
  }

  #isOurs(method: 'GET' | 'POST', url: string): boolean {
    const ours = this.#router.findRoute({ method, url })
    if (ours === null) return false
    // A route of the application may fit better than one of ours with parameters.
    const isStatic = Object.keys(ours.params).length === 0
    return isStatic || isDeepStrictEqual(this.#app.findRoute({ method, url })?.params, ours.params)
  }
}

/** Answers go out in the order of their requests: an upgrade may come right behind another request. */
function afterAnswer(answer: ServerResponse, connection: Duplex, goOn: () => void): void {
  // Node has taken its own listener away.
  const fail = (): void => void connection.destroy()
  connection.on('error', fail)
  answer.once('finish', () => {
    connection.off('error', fail)
    // One that says that the connection ends there is the last one.
    if (connection.writable) goOn()
  })
}

const gates = new WeakMap<Server, UpgradeGate>()

/** The gate of this server, one for all contexts. */
export function gateOf(app: FastifyInstance): UpgradeGate {
  const gate = gates.get(app.server) ?? new UpgradeGate(app)
  gates.set(app.server, gate)
  return gate
}

/** Whether it asks for a WebSocket, among other things perhaps; one with a body is none (RFC 6455, section 4.1). */
function isWebSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  const { upgrade = '', 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  const asks = upgrade === 'websocket' || namesOf(upgrade).includes('websocket')
  return asks && method === 'GET' && Number(length) === 0 && encoding === undefined
}

function namesOf(upgrade: string): string[] {
  return upgrade.split(',').map((protocol) => protocol.trim().toLowerCase())
}

/** Whether no other path leads there, and nothing in it means anything to a router. */
function isPlain(path: string): boolean {
  return /^[\w/.~-]*$/.test(path)
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
