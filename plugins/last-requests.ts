import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Milliseconds that requests may take from the close on, and at least what of them when sockets have taken it. */
const lastRequestsMs = 1_000
const leastMs = 300

/** Milliseconds for clients that have connected to ask. */
const firstRequestMs = 3_000

/** What is still asked of a server that goes. HTTP/2 has its own way, which Fastify takes when it closes. */
export class LastRequests {
  readonly #app: FastifyInstance
  readonly #server: FastifyInstance['server']
  #hasEndedKeepAlive = false
  /** By address, as a connection and what TLS makes of it are two objects. Undefined while nobody watches. */
  #newcomers: Set<string> | undefined
  #allAsked: () => void = () => {}
  /** They are waited for no more. */
  #isOver = false

  constructor(app: FastifyInstance) {
    this.#app = app
    this.#server = app.server
  }

  /**
   * From now on every answer is the last one on its connection. Proxies then keep none, and none is closed under a
   * request that is on its way.
   */
  endKeepAlive(): void {
    if (this.#hasEndedKeepAlive) return
    this.#hasEndedKeepAlive = true
    this.#server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.httpVersionMajor < 2) response.setHeader('connection', 'close')
    })
  }

  /** From now on it is known who has connected and asked nothing yet. */
  watchNewcomers(): void {
    if (this.#newcomers !== undefined || this.#isOver) return
    this.#newcomers = new Set()
    this.#keepIdle()
    const asked = ({ socket }: { socket: Socket }): void => this.#asked(addressOf(socket))
    this.#server
      .on('connection', (socket: Socket) => {
        const address = addressOf(socket)
        this.#newcomers?.add(address)
        socket.once('close', () => this.#asked(address))
      })
      .prependListener('request', asked)
      .prependListener('upgrade', asked)
  }

  /** Resolves when nobody is left who has connected and asked nothing; after a while in any case. */
  async newcomersAsked(): Promise<void> {
    this.#isOver = true
    if (this.#newcomers === undefined) return
    if (this.#newcomers.size > 0) await this.#asksOfNewcomers()
    this.#closeIdle()
  }

  /**
   * Takes no further connection and lets the requests that are there come to their end, for a while. Fastify does so by
   * itself, but where it closes connections by force, and where the primary of a worker has ended the server already.
   * A connection without a request looks the same as one with, so it is not long.
   *
   * @param spentMs milliseconds that the close has taken
   */
  async finish(spentMs: number): Promise<void> {
    const server = this.#server
    if (!('closeIdleConnections' in server)) return
    if (server.listening && this.#app.initialConfig.forceCloseConnections !== true) return
    if (server.listening) server.close()
    if ((await connectionsOf(server)) === 0) return
    const signal = AbortSignal.timeout(Math.max(leastMs, Math.round(lastRequestsMs - spentMs)))
    await once(server, 'close', { signal }).catch(() => {})
  }

  #asksOfNewcomers(): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, firstRequestMs)
      this.#allAsked = () => {
        clearTimeout(late)
        resolve()
      }
    })
  }

  /** The primary has the server closed before the drain, and from Node 26 on that ends newcomers, too. */
  #keepIdle(): void {
    if ('closeIdleConnections' in this.#server) this.#server.closeIdleConnections = () => {}
  }

  #closeIdle(): void {
    if (!('closeIdleConnections' in this.#server)) return
    Reflect.deleteProperty(this.#server, 'closeIdleConnections')
    this.#server.closeIdleConnections()
  }

  #asked(address: string): void {
    if (this.#newcomers?.delete(address) && this.#newcomers.size === 0) this.#allAsked()
  }
}

const addressOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_err, count) => resolve(count)))
}
