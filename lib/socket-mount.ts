import type { ChannelDefinition } from './channel.js'
import type { Clock } from './clock.js'
import type { ConnectInfo } from './connect-info.js'
import { type DrainOptions, drainAll } from './drainer.js'
import type { Endpoint } from './endpoint.js'
import { ConnectFailed, Draining } from './errors.js'
import type { Assigns } from './hooks/types.js'
import { IdleMap } from './idle-map.js'
import type { Limits } from './limits.js'
import { guardedLogger, type Logger } from './logger.js'
import { RateLimit } from './rate-limit.js'
import { negotiate } from './serializer/negotiate.js'
import type { Serializer } from './serializer/serializer.js'
import { Socket, type SocketEnvironment, type SocketIdentity } from './socket.js'
import type { TopicRouter } from './topic.js'
import type { Params } from './transport/query.js'
import type { Transport } from './transport/transport.js'
import { UserBudget, type UserBudgets } from './user-budgets.js'

/** A refused connect that says why (`{:error, reason}` of `connect/3`); see {@link refuse}. */
export class Refusal {
  /** What the `errorHandler` gets. */
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/**
 * What `connect` returns to refuse a client with a reason (`{:error, reason}` in Phoenix): the
 * reason goes to the mount's `errorHandler`, which answers the request.
 */
export function refuse(reason: unknown): Refusal {
  return new Refusal(reason)
}

type Refused = Refusal | null | undefined | false

/**
 * Decides whether a client may connect (Phoenix.Socket, `connect/3`); see the option `connect`.
 *
 * @param params query and path parameters of the request; they are the client's, and may nest
 * @param info what the options `connectInfo` and `authToken` ask for
 */
export type Connect<A extends Assigns = Assigns> = (
  params: Params,
  info: ConnectInfo
) => A | Refused | Promise<A | Refused>

export interface SocketMountOptions {
  readonly endpoint: Endpoint
  readonly clock: Clock
  readonly log: Logger
  readonly limits: Readonly<Limits>
  readonly channels: TopicRouter<ChannelDefinition>
  readonly maxChannels: number
  readonly serializers: readonly Serializer[]
  readonly connect: Connect
  readonly drain: Readonly<DrainOptions>
  readonly id: (socket: { assigns: Assigns }) => string | null | undefined
  readonly expiresAt: (socket: { assigns: Assigns }) => number | undefined
}

/** A client that may connect: `open` makes its socket; `release` gives back its place, once. */
export interface Admission {
  open(transport: Transport): Socket
  release(): void
}

export type Decision = { admission: Admission } | { refusal: Refusal | undefined }

/** The refusal of an address that connects too often; its reason is `rate_limited`. */
export const tooManyConnects = new Refusal('rate_limited')

const refusedWithoutReason: Decision = { refusal: undefined }

/** The sockets of one path (Phoenix.Socket as a module): who may connect, and what they can join. */
export class SocketMount {
  readonly #options: SocketMountOptions
  readonly #environment: SocketEnvironment
  /** The sockets that are open. */
  readonly sockets = new Set<Socket>()
  /** Gives up the connects that are still being decided. */
  readonly #connecting = new Set<() => void>()
  #draining = false
  readonly #budgets: UserBudgets
  readonly #addresses: IdleMap<RateLimit>

  constructor(options: SocketMountOptions) {
    this.#options = options
    this.#environment = { ...options, sockets: this.sockets, log: guardedLogger(options.log) }
    this.#budgets = options.endpoint.budgets(options.limits, options.clock)
    this.#addresses = new IdleMap(() => new RateLimit(options.limits.connects), options.clock)
  }

  /**
   * Asks the application whether a client may connect from that address. Throws
   * `PHX_ERR_SOCKET_CONNECT` when `connect`, `id` or `expiresAt` throws, and
   * `PHX_ERR_SOCKET_DRAINING` when the server is closed meanwhile.
   */
  async connect(params: Params, info: ConnectInfo, address: string): Promise<Decision> {
    const { endpoint, clock, connect, id, expiresAt, serializers, limits } = this.#options
    if (!this.#addresses.of(address).hit(clock.now())) {
      endpoint.stats.connectsRateLimited++
      return { refusal: tooManyConnects }
    }
    const serializer = negotiate(params.vsn, serializers)
    if (serializer === undefined) return refusedWithoutReason
    let assigns: Awaited<ReturnType<Connect>>
    let socketId: string | null
    let ends: number | undefined
    try {
      const decision = connect(params, info)
      assigns = await (decision instanceof Promise ? this.#whileOpen(decision) : decision)
      if (assigns instanceof Refusal) return { refusal: assigns }
      if (!assigns) return refusedWithoutReason
      socketId = id({ assigns }) ?? null
      ends = expiresAt({ assigns })
    } catch (cause) {
      throw this.#draining ? new Draining() : new ConnectFailed({ cause })
    }
    if (this.#draining) throw new Draining()
    const budget = socketId === null ? new UserBudget(limits) : this.#budgets.of(socketId)
    if (limits.socketsPerUser > 0 && budget.sockets >= limits.socketsPerUser) return refusedWithoutReason
    return { admission: this.#admit({ id: socketId, assigns, serializer, budget, expiresAt: ends }) }
  }

  /** Opens no further socket, and closes those that are open, as many at a time as the option `drain` says. */
  drain(): Promise<void> {
    this.#draining = true
    for (const giveUp of [...this.#connecting]) giveUp()
    return drainAll(this.sockets, this.#options.drain, this.#options.clock)
  }

  /** A connect that hangs must not keep the server from closing. */
  #whileOpen<T>(decision: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Draining())
      this.#connecting.add(giveUp)
      decision.then(resolve, reject).finally(() => this.#connecting.delete(giveUp))
    })
  }

  #open(identity: SocketIdentity, transport: Transport): Socket {
    const socket = new Socket(this.#environment, identity, transport)
    if (this.#draining) socket.abort()
    return socket
  }

  #admit(identity: SocketIdentity): Admission {
    const { id, budget } = identity
    let held = true
    budget.sockets++
    return {
      open: (transport) => this.#open(identity, transport),
      release: () => {
        if (!held) return
        held = false
        budget.sockets--
        if (id !== null) this.#budgets.release(id)
      }
    }
  }
}
