// The room of mounts: who is let in at one path, and what the sockets behind it share.
import type { ChannelDefinition } from '../channel/channel.js'
import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DrainTrace, RequestHeaders } from '../diagnostics/events.js'
import { tellRateLimited } from '../diagnostics/tell.js'
import { trace } from '../diagnostics/trace.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import { ConnectFailed, Draining } from '../errors.js'
import { addressKey } from '../limits/address-key.js'
import { IdleMap } from '../limits/idle-map.js'
import type { Limits } from '../limits/limits.js'
import { RateLimit } from '../limits/rate-limit.js'
import { UserBudget, type UserBudgets } from '../limits/user-budgets.js'
import { type RefusalKind, type RefusalLevels, type RefusalPlace, Refusals } from '../log/refusals.js'
import type { PeerSupply } from '../peers/peer-factory.js'
import type { Assigns } from '../protocol/assigns.js'
import type { TransportName } from '../protocol/constants.js'
import { negotiator } from '../protocol/serializer/negotiate.js'
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
import { Admission, type Admitted, type Decision, Refusal } from './admission.js'
import type { ClusterPlaces, PlaceGroup } from './cluster-places.js'
import type { Answer, Connect } from './connect.js'
import type { ConnectInfo } from './connect-info.js'
import { readAssigns, readEnd, readId } from './connect-results.js'
import { tokenProblemOf } from './token-problem.js'
import { traceConnect } from './trace-connect.js'
import { WaitingRoom } from './waiting-room.js'

export { type Admission, type Decision, Refusal } from './admission.js'

export interface SocketMountOptions {
  /** As clients see it, prefixes included: `/socket`. */
  readonly path: string
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

/** Who wants to connect, whatever carries the request. */
export interface ConnectingClient {
  readonly transport: TransportName
  /** The headers of its request. */
  headers(): RequestHeaders
  /** Where it connects from; a function, as a system call has to find it out. */
  address(): string
  /** Whether it went away meanwhile: it is given no place then. */
  isGone(): boolean
}

/** The refusal of an address that connects too often; its reason is `rate_limited`. */
export const tooManyConnects = new Refusal('rate_limited')

const refusedWithoutReason: Decision = { refusal: undefined }

/** A client about which the application is asked. */
interface Asked {
  readonly info: ConnectInfo
  readonly serializer: Serializer
  readonly client: ConnectingClient
}

/** Addresses whose connects are counted; over it the oldest are forgotten, so that a flood of them costs no more. */
const maxAddresses = 100_000

const drained = (): 'ok' => 'ok'

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
  /** Whether no further socket is opened. */
  isDraining = false
  readonly #budgets: UserBudgets
  readonly #places: PlaceGroup | undefined
  readonly #addresses: IdleMap<RateLimit>
  readonly #negotiate: (vsn: unknown) => Serializer | undefined

  constructor(options: SocketMountOptions) {
    this.#options = options
    const { log, clock, logLevels, path, endpoint, limits } = options
    this.refusals = new Refusals(log, clock, logLevels, { node: endpoint.node, path }, endpoint.stats.refused)
    this.#lastWords = new LastWords(clock, options.drain.shutdownMs)
    this.#environment = {
      ...options,
      sockets: this.sockets,
      lastWords: this.#lastWords,
      log: guardedLogger(log),
      refusals: this.refusals
    }
    const places = limits.socketsPerUser > 0 ? options.places : undefined
    this.#budgets = endpoint.budgets(limits, clock, places === undefined ? [] : ['socketsPerUser'])
    this.#places = places?.group(limits, this.#budgets)
    this.#negotiate = negotiator(options.serializers)
    this.#addresses = new IdleMap(() => new RateLimit(limits.connects), clock, maxAddresses)
  }

  /**
   * Asks the application whether a client may connect; a promise only where the
   * application answers with one, or the client has to wait for a place. Throws or rejects with
   * `PHX_ERR_SOCKET_CONNECT` when `connect`, `id` or `expiresAt` throws or returns what it must not, and
   * `PHX_ERR_SOCKET_DRAINING` when the server is closed meanwhile.
   */
  connect(params: Params, info: ConnectInfo, client: ConnectingClient): Decision | Promise<Decision> {
    if (!diagnostics.connect.hasSubscribers) return this.#connect(params, info, client)
    return traceConnect(this.#place, client, () => this.#connect(params, info, client))
  }

  /** Refuses a client that is not even asked about: its origin or sub-protocol, or there are too many. */
  refuse(kind: RefusalKind, client: Omit<ConnectingClient, 'isGone'>, details: object): void {
    const decide = (): Decision => this.#refused(kind, client, details)
    if (diagnostics.connect.hasSubscribers) void traceConnect(this.#place, client, decide)
    else decide()
  }

  #refused(
    kind: RefusalKind,
    client: Pick<ConnectingClient, 'address'>,
    details: object,
    refusal?: Refusal
  ): Decision {
    this.refusals.add(kind, { ...details, address: client.address() })
    return refusal === undefined ? refusedWithoutReason : { refusal }
  }

  #connect(params: Params, info: ConnectInfo, client: ConnectingClient): Decision | Promise<Decision> {
    const { endpoint, clock, connect, serializers, limits } = this.#options
    if (limits.connects.count > 0 && !this.#addresses.of(addressKey(client.address())).hit(clock.now())) {
      endpoint.stats.connectsRateLimited++
      tellRateLimited(endpoint.node, 'connects')
      return this.#refused('connectRate', client, {}, tooManyConnects)
    }
    const serializer = this.#negotiate(params.vsn)
    if (serializer === undefined) {
      const spoken = serializers.map(({ version }) => version).join(', ')
      return this.#refused('version', client, { vsn: params.vsn, spoken })
    }
    const asked: Asked = { info, serializer, client }
    try {
      const answer = connect(params, info)
      return isThenable(answer) ? this.#decideLater(answer, asked) : this.#decide(answer, asked)
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  /** What topics are routed to. */
  get channels(): TopicRouter<ChannelDefinition> {
    return this.#options.channels
  }

  get drainDelayMs(): number {
    return this.#options.drain.delayMs
  }

  /** Whether its peers find a port and an address to bind. */
  get canBind(): boolean {
    return this.#options.peers.factory?.canBind !== false
  }

  /** Opens no further socket, and closes those that are open, as many at a time as the option `drain` says. */
  async drain(): Promise<void> {
    const { drain } = diagnostics
    if (!drain.hasSubscribers) return this.#drain()
    const told: DrainTrace = { ...this.#place, sockets: this.sockets.size }
    await trace(drain, told, () => this.#drain(), drained, 'failed')
  }

  async #drain(): Promise<void> {
    const { drain, clock, endpoint } = this.#options
    const end = clock.now() + drain.shutdownMs
    this.isDraining = true
    for (const giveUp of [...this.#connecting]) giveUp()
    await drainAll(this.sockets, drain, clock, this.#lastWords)
    // Calls that run once go on when their callers have gone: those ask another node, which has to know.
    await endpoint.once.idle(end - clock.now())
  }

  /** A connect that hangs must not keep the server from closing. */
  #whileOpen<T>(decision: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new Draining())
      this.#connecting.add(giveUp)
      decision.then(resolve, reject).finally(() => this.#connecting.delete(giveUp))
    })
  }

  async #decideLater(answer: PromiseLike<Answer>, asked: Asked): Promise<Decision> {
    try {
      return await this.#decide(await this.#whileOpen(Promise.resolve(answer)), asked)
    } catch (cause) {
      throw this.#failure(cause)
    }
  }

  #decide(answer: Answer, asked: Asked): Decision | Promise<Decision> {
    const { id: idOf, expiresAt: endOf, limits } = this.#options
    if (answer instanceof Refusal) return this.#refuse(answer, asked)
    if (answer === null || answer === undefined || answer === false) return this.#refuse(undefined, asked)
    const assigns = readAssigns(answer)
    const id = readId(idOf({ assigns }))
    const end = endOf({ assigns })
    // Most clients have none.
    const expiresAt = end === undefined ? undefined : this.#readEnd(end, asked.client)
    if (this.isDraining) throw new Draining()
    if (expiresAt === 'over') return refusedWithoutReason
    const budget = id === null ? new UserBudget(limits) : this.#budgets.of(id)
    const address = this.#options.endpoint.keepsAddresses ? asked.client.address() : undefined
    const admitted = { id, assigns, serializer: asked.serializer, budget, expiresAt, address }
    return this.#isFull(admitted) ? this.#waitForPlace(admitted, asked.client) : this.#admit(admitted)
  }

  #readEnd(end: unknown, client: ConnectingClient): number | undefined | 'over' {
    return readEnd(end, this.#options.clock.date(), (details, problem, isMistake) =>
      this.#refused(isMistake ? 'expiresAt' : 'expired', client, { ...details, problem })
    )
  }

  #isFull({ id, budget }: Admitted): boolean {
    const { socketsPerUser } = this.#options.limits
    if (socketsPerUser === 0) return false
    if (budget.sockets >= socketsPerUser) return true
    const elsewhere = id === null ? 0 : (this.#places?.takenElsewhere(id) ?? 0)
    return budget.sockets + elsewhere >= socketsPerUser
  }

  #refuse(refusal: Refusal | undefined, { info, client }: Asked): Decision {
    const problem = tokenProblemOf(info)
    if (problem !== undefined) return this.#refused('token', client, { problem }, refusal)
    return this.#refused('connect', client, refusal === undefined ? {} : { reason: refusal.reason }, refusal)
  }

  #admit(admitted: Admitted): Decision {
    return { admission: new Admission(admitted, this.#open, this.#budgets, this.#places) }
  }

  /** All sockets of the user are taken, maybe by some whose clients are gone without a word. */
  async #waitForPlace(admitted: Admitted, client: ConnectingClient): Promise<Decision> {
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
      () => this.isDraining || client.isGone()
    )
    const decision = await this.#whileOpen(place)
    if (decision !== undefined) return decision
    if (id !== null) this.#budgets.release(id)
    return this.#refused('socketsPerUser', client, { socketId: id })
  }

  get #place(): RefusalPlace {
    return { node: this.#options.endpoint.node, path: this.#options.path }
  }

  #failure(cause: unknown): Error {
    return this.isDraining ? new Draining() : new ConnectFailed({ cause })
  }

  readonly #open = (identity: SocketIdentity, transport: Transport): Socket => {
    const socket = new Socket(this.#environment, identity, transport)
    if (this.isDraining) socket.abort()
    return socket
  }
}
