// The room of mounts: who is let in at one path, and what the sockets behind it share.
import type { ChannelDefinition } from '../channel/channel.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import { ConnectFailed, Draining } from '../errors.js'
import { addressKey } from '../limits/address-key.js'
import { IdleMap } from '../limits/idle-map.js'
import type { Limits } from '../limits/limits.js'
import { RateLimit } from '../limits/rate-limit.js'
import { UserBudget, type UserBudgets } from '../limits/user-budgets.js'
import { type RefusalLevels, Refusals } from '../log/refusals.js'
import type { PeerSupply } from '../peers/peer-factory.js'
import type { Assigns, AssignsLike } from '../protocol/assigns.js'
import { negotiate } from '../protocol/serializer/negotiate.js'
import type { Serializer } from '../protocol/serializer/serializer.js'
import type { TopicRouter } from '../protocol/topic.js'
import { type DrainOptions, drainAll } from '../socket/drainer.js'
import type { SocketEnvironment, SocketIdentity } from '../socket/environment.js'
import { LastWords } from '../socket/last-words.js'
import { Socket } from '../socket/socket.js'
import type { Clock } from '../time/clock.js'
import type { Params } from '../transport/query.js'
import type { Transport } from '../transport/transport.js'
import { guardedLogger, type Logger } from '../util/logger.js'
import { isThenable } from '../util/thenable.js'
import { Admission, type Admitted } from './admission.js'
import type { ClusterPlaces, PlaceGroup } from './cluster-places.js'
import type { ConnectInfo } from './connect-info.js'
import { type OnOver, readAssigns, readEnd, readId } from './connect-results.js'
import { WaitingRoom } from './waiting-room.js'

export type { Admission } from './admission.js'

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

/** What `connect` returns to refuse a client. */
export type Refused = Refusal | null | undefined | false
type Answer = object | Refused

/**
 * Decides whether a client may connect (Phoenix.Socket, `connect/3`); see the option `connect`.
 *
 * @param params query and path parameters of the request; they are the client's, and may nest
 * @param info what the options `connectInfo` and `authToken` ask for
 */
export type Connect<A extends object = Assigns> = (
  params: Params,
  info: ConnectInfo
) => AssignsLike<A> | Refused | Promise<AssignsLike<A> | Refused>

export interface SocketMountOptions {
  readonly endpoint: EndpointServer
  readonly clock: Clock
  readonly log: Logger
  /** See the option `log`. */
  readonly logLevels?: RefusalLevels | false
  readonly limits: Readonly<Limits>
  /** The sockets of users on all nodes, where `socketsPerUser` counts over them. */
  readonly places?: ClusterPlaces | undefined
  readonly peers: PeerSupply
  readonly channels: TopicRouter<ChannelDefinition>
  readonly maxChannels: number
  readonly serializers: readonly Serializer[]
  readonly connect: Connect
  readonly drain: Readonly<DrainOptions>
  readonly id: (socket: { assigns: Assigns }) => string | null | undefined
  readonly expiresAt: (socket: { assigns: Assigns }) => number | null | undefined
}

export type Decision = { admission: Admission } | { refusal: Refusal | undefined }

/** The refusal of an address that connects too often; its reason is `rate_limited`. */
export const tooManyConnects = new Refusal('rate_limited')

const refusedWithoutReason: Decision = { refusal: undefined }

/** Addresses whose connects are counted; over it the oldest are forgotten, so that a flood of them costs no more. */
const maxAddresses = 100_000

const stays = (): boolean => false

/** The sockets of one path (Phoenix.Socket as a module): who may connect, and what they can join. */
export class SocketMount {
  readonly #options: SocketMountOptions
  readonly #environment: SocketEnvironment
  /** The sockets that are open. */
  readonly sockets = new Set<Socket>()
  /** Gives up the connects that are still being decided. */
  readonly #connecting = new Set<() => void>()
  /** Says why clients were refused. */
  readonly refusals: Refusals
  readonly #lastWords: LastWords
  #draining = false
  readonly #budgets: UserBudgets
  readonly #places: PlaceGroup | undefined
  readonly #addresses: IdleMap<RateLimit>

  constructor(options: SocketMountOptions) {
    this.#options = options
    const { log, clock, logLevels } = options
    this.refusals = new Refusals(log, clock, logLevels)
    this.#lastWords = new LastWords(clock, options.drain.shutdownMs)
    this.#environment = {
      ...options,
      sockets: this.sockets,
      lastWords: this.#lastWords,
      log: guardedLogger(log),
      refusals: this.refusals
    }
    const { endpoint, limits } = options
    const places = limits.socketsPerUser > 0 ? options.places : undefined
    this.#budgets = endpoint.budgets(limits, clock, places === undefined ? [] : ['socketsPerUser'])
    this.#places = places?.group(limits, this.#budgets)
    this.#addresses = new IdleMap(() => new RateLimit(limits.connects), clock, maxAddresses)
  }

  /**
   * Asks the application whether a client may connect from that address; a promise only where the
   * application answers with one, or the client has to wait for a place. Throws or rejects with
   * `PHX_ERR_SOCKET_CONNECT` when `connect`, `id` or `expiresAt` throws or returns what it must not, and
   * `PHX_ERR_SOCKET_DRAINING` when the server is closed meanwhile.
   *
   * @param address the client's; a function, as a system call has to find it out
   * @param isGone whether the client went away meanwhile: it is given no place then
   */
  connect(
    params: Params,
    info: ConnectInfo,
    address: () => string,
    isGone: () => boolean = stays
  ): Decision | Promise<Decision> {
    const { endpoint, clock, connect, serializers, limits } = this.#options
    if (limits.connects.count > 0 && !this.#addresses.of(addressKey(address())).hit(clock.now())) {
      endpoint.stats.connectsRateLimited++
      this.refusals.add('connectRate', { address: address() })
      return { refusal: tooManyConnects }
    }
    const serializer = negotiate(params.vsn, serializers)
    if (serializer === undefined) {
      this.refusals.add('version', {
        vsn: params.vsn,
        spoken: serializers.map(({ version }) => version).join(', ')
      })
      return refusedWithoutReason
    }
    try {
      const answer = connect(params, info)
      return isThenable(answer)
        ? this.#decideLater(answer, serializer, isGone)
        : this.#decide(answer, serializer, isGone)
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  /** Milliseconds between the word that the server drains and {@link drain}. */
  get drainDelayMs(): number {
    return this.#options.drain.delayMs
  }

  /** Whether its peers find a port and an address to bind. */
  get canBind(): boolean {
    return this.#options.peers.factory?.canBind !== false
  }

  /** Opens no further socket, and closes those that are open, as many at a time as the option `drain` says. */
  drain(): Promise<void> {
    this.#draining = true
    for (const giveUp of [...this.#connecting]) giveUp()
    return drainAll(this.sockets, this.#options.drain, this.#options.clock, this.#lastWords)
  }

  /** A connect that hangs must not keep the server from closing. */
  #whileOpen<T>(decision: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Draining())
      this.#connecting.add(giveUp)
      decision.then(resolve, reject).finally(() => this.#connecting.delete(giveUp))
    })
  }

  async #decideLater(
    answer: PromiseLike<Answer>,
    serializer: Serializer,
    isGone: () => boolean
  ): Promise<Decision> {
    try {
      return await this.#decide(await this.#whileOpen(Promise.resolve(answer)), serializer, isGone)
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  #decide(answer: Answer, serializer: Serializer, isGone: () => boolean): Decision | Promise<Decision> {
    const { id: idOf, expiresAt: endOf, clock, limits } = this.#options
    if (answer instanceof Refusal) return this.#refuse(answer)
    if (answer === null || answer === undefined || answer === false) return this.#refuse(undefined)
    const assigns = readAssigns(answer)
    const id = readId(idOf({ assigns }))
    const expiresAt = readEnd(endOf({ assigns }), clock.date(), this.#isOver)
    if (this.#draining) throw new Draining()
    if (expiresAt === 'over') return refusedWithoutReason
    const budget = id === null ? new UserBudget(limits) : this.#budgets.of(id)
    const admitted = { id, assigns, serializer, budget, expiresAt }
    return this.#isFull(admitted) ? this.#waitForPlace(admitted, isGone) : this.#admit(admitted)
  }

  #isFull({ id, budget }: Admitted): boolean {
    const { socketsPerUser } = this.#options.limits
    if (socketsPerUser === 0) return false
    if (budget.sockets >= socketsPerUser) return true
    const elsewhere = id === null ? 0 : (this.#places?.takenElsewhere(id) ?? 0)
    return budget.sockets + elsewhere >= socketsPerUser
  }

  #refuse(refusal: Refusal | undefined): Decision {
    this.refusals.add('connect', refusal === undefined ? {} : { reason: refusal.reason })
    return { refusal }
  }

  #admit(admitted: Admitted): Decision {
    return { admission: new Admission(admitted, this.#open, this.#budgets, this.#places) }
  }

  /** All sockets of the user are taken, maybe by some whose clients are gone without a word. */
  async #waitForPlace(admitted: Admitted, isGone: () => boolean): Promise<Decision> {
    const { budget, id } = admitted
    const { clock, limits, endpoint } = this.#options
    const { log } = this.#environment
    const places = {
      isFull: () => this.#isFull(admitted),
      askOthers: (over: () => void) => (id === null ? undefined : this.#places?.ask(id, over))
    }
    budget.waiting ??= new WaitingRoom({ budget, places, clock, limits, log, stats: endpoint.stats })
    const place = budget.waiting.wait(
      () => this.#admit(admitted),
      () => this.#draining || isGone()
    )
    const decision = await this.#whileOpen(place)
    if (decision !== undefined) return decision
    if (id !== null) this.#budgets.release(id)
    this.refusals.add('socketsPerUser', { socketId: id })
    return refusedWithoutReason
  }

  readonly #isOver: OnOver = (details, problem, isMistake) =>
    this.refusals.add(isMistake ? 'expiresAt' : 'expired', { ...details, problem })

  #failure(cause: unknown): Error {
    return this.#draining ? new Draining() : new ConnectFailed({ cause })
  }

  readonly #open = (identity: SocketIdentity, transport: Transport): Socket => {
    const socket = new Socket(this.#environment, identity, transport)
    if (this.#draining) socket.abort()
    return socket
  }
}
