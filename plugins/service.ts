import cluster from 'node:cluster'
import type {} from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { ClusterAdapter } from '../lib/cluster/adapter.js'
import { shareKeys } from '../lib/cluster/cluster-keys.js'
import { ClusterNode } from '../lib/cluster/cluster-node.js'
import { ownNames } from '../lib/cluster/own-names.js'
import { Surveys } from '../lib/cluster/surveys.js'
import { onDeparting } from '../lib/cluster/workers/departing.js'
import { Departure } from '../lib/endpoint/departure.js'
import { EndpointServer } from '../lib/endpoint/endpoint-server.js'
import { defaultHealthOptions, type Health, type HealthOptions, healthOf } from '../lib/endpoint/health.js'
import { InvalidOption } from '../lib/errors.js'
import { guardedClock } from '../lib/guard.js'
import { ClusterPlaces } from '../lib/mount/cluster-places.js'
import type { SocketMount } from '../lib/mount/mount.js'
import { demand, isTime, timeRange } from '../lib/options.js'
import { presencesOf } from '../lib/presence/node-presences.js'
import type { DrainOptions } from '../lib/socket/drainer.js'
import { type Clock, systemClock } from '../lib/time/clock.js'
import { RunningTickLoop, type TickLoop, type TickLoopOptions } from '../lib/time/tick-loop.js'
import { BacklogWatch } from '../lib/transport/backlog-watch.js'
import { LongPollRelay } from '../lib/transport/relay/relay.js'
import { guardedLogger, type Logger } from '../lib/util/logger.js'
import { LastRequests } from './last-requests.js'
import { type PhoenixService, serviceOf } from './phoenix-service.js'

/** What all mounts of one Fastify server share, and its life. */
export class PhoenixServer {
  /** Where the mounts take time from. */
  readonly clock: Clock
  /** The log of the application; writing to it never throws. */
  readonly log: Logger
  /** One for each time the plugin was registered. */
  readonly mounts: SocketMount[] = []
  readonly endpoint: EndpointServer
  /** Finds the clients of all mounts that do not read. */
  readonly backlogs: BacklogWatch
  /** What applications see as `app.phoenix`. */
  readonly service: PhoenixService
  readonly surveys: Surveys
  readonly #loops = new Set<TickLoop>()
  #adapter: ClusterAdapter | undefined
  #relay: LongPollRelay | undefined
  #places: ClusterPlaces | undefined
  #closed = false
  #health: Readonly<HealthOptions> | undefined
  readonly #departure: Departure
  #unhear: () => void = () => {}
  readonly #requests: LastRequests | undefined

  /** @param requests of the HTTP server, where this is what ends them */
  constructor(log: Logger, requests?: LastRequests) {
    this.#requests = requests
    this.log = guardedLogger(log)
    this.clock = guardedClock(systemClock, this.log)
    this.endpoint = new EndpointServer(this.log)
    this.service = serviceOf(this)
    this.#departure = new Departure({
      clock: this.clock,
      announce: () => requests?.endKeepAlive(),
      drain: () => this.#drain()
    })
    this.backlogs = new BacklogWatch(this.clock, this.endpoint.queued)
    this.surveys = new Surveys({ name: this.endpoint.node, clock: this.clock, log: this.log })
    this.surveys.on(online, (userId) => this.endpoint.isUserHere(String(userId)))
  }

  get socketCount(): number {
    return this.mounts.reduce((sum, { sockets }) => sum + sockets.size, 0)
  }

  tickLoop(options: TickLoopOptions): TickLoop {
    const loop = new RunningTickLoop(options, {
      clock: this.clock,
      log: this.log,
      onStop: () => this.#loops.delete(loop)
    })
    this.#loops.add(loop)
    if (this.#closed) loop.stop()
    return loop
  }

  /**
   * Makes this server a node among others, once it is started. Throws `PHX_ERR_OPTION_INVALID` for a second adapter.
   */
  joinCluster(adapter: ClusterAdapter): void {
    if (this.#adapter === adapter) return
    if (this.#adapter !== undefined) {
      throw new InvalidOption('cluster', 'is of the whole server, and another mount has named another one')
    }
    this.#adapter = adapter
    const { endpoint, clock, log } = this
    endpoint.cluster = new ClusterNode({ name: endpoint.node, adapter, pubsub: endpoint.pubsub, clock, log })
    this.surveys.connect(endpoint.cluster)
    shareKeys(endpoint.once, endpoint.cluster, adapter)
  }

  /** Throws `PHX_ERR_OPTION_INVALID` where another mount has named other options. */
  judgeHealthBy(options: Readonly<HealthOptions>): void {
    if (this.#health !== undefined && this.#health.engineAwayMs !== options.engineAwayMs) {
      throw new InvalidOption('health', 'is of the whole server, and another mount has named another one')
    }
    this.#health = options
  }

  health(): Health {
    const signs = {
      isDraining: this.#departure.hasBegun,
      engineAwayMs: this.endpoint.cluster?.absence.ms ?? 0,
      canBind: this.mounts.every(({ canBind }) => canBind)
    }
    return healthOf(signs, this.#health ?? defaultHealthOptions)
  }

  /** The way of long-poll clients to the sessions of other nodes; undefined where there are none. */
  get relay(): LongPollRelay | undefined {
    const { cluster } = this.endpoint
    if (cluster !== undefined) this.#relay ??= new LongPollRelay(cluster, this.clock, this.log)
    return this.#relay
  }

  /** The sockets of users on all nodes. */
  get places(): ClusterPlaces {
    this.#places ??= new ClusterPlaces(this.endpoint, this.clock, this.log)
    return this.#places
  }

  /** Starts what has to be there before the first client. Rejects where the engine of the cluster cannot be reached. */
  async start(): Promise<void> {
    if (this.endpoint.cluster === undefined && cluster.isWorker) {
      this.log.warn(
        {},
        'a worker of node:cluster without the option cluster: other workers hear nothing of its clients'
      )
    }
    this.#unhear = onDeparting((isAll) => (isAll ? this.#departure.announce() : this.#replaced()))
    presencesOf(this.endpoint).connect()
    await this.endpoint.cluster?.start()
  }

  nodes(): string[] {
    return [this.endpoint.node, ...(this.endpoint.cluster?.members.names() ?? [])]
  }

  async isOnline(userId: string): Promise<boolean> {
    if (this.endpoint.isUserHere(userId)) return true
    if (this.endpoint.cluster === undefined) return false
    const { answers } = await this.surveys.ask(online, userId, {}, (value) => value === true)
    return answers.some(({ value }) => value === true)
  }

  /** See {@link PhoenixService.drain}. */
  drain({ delayMs }: Partial<Pick<DrainOptions, 'delayMs'>> = {}): Promise<void> {
    demand(
      'delayMs',
      delayMs === undefined || isTime(delayMs),
      `must be a whole number of milliseconds ${timeRange}`
    )
    const delays = this.mounts.map(({ drainDelayMs }) => drainDelayMs)
    return this.#departure.after(delayMs ?? Math.max(0, ...delays))
  }

  /** The same without the delay, or the rest of it: the server is being closed. */
  drainNow(): Promise<void> {
    return this.#departure.now()
  }

  /** Another process has the place of this one, and soon gets all that connects: nobody is to be refused here. */
  #replaced(): void {
    this.#requests?.endKeepAlive()
    this.#requests?.watchNewcomers()
  }

  /** Drains all sockets and ends the tick loops; others wait for nothing of this node any more. */
  async #drain(): Promise<void> {
    await this.#requests?.newcomersAsked()
    this.#relay?.end()
    await Promise.all(this.mounts.map((mount) => mount.drain()))
    this.#closed = true
    for (const loop of this.#loops) loop.stop()
    this.endpoint.cluster?.leave()
  }

  /** Ends what the application may have used until its last requests were answered. */
  async close(): Promise<void> {
    this.#unhear()
    this.surveys.close()
    this.#relay?.close()
    await this.endpoint.cluster?.close()
    presencesOf(this.endpoint).release()
  }
}

/** The survey whether a user is here; those of applications have names of their own. */
const online = `${ownNames}online`

const servers = new WeakMap<FastifyInstance['server'], PhoenixServer>()

/** What the mounts of this Fastify server share, whatever context they are registered in. */
export function serverOf(app: FastifyInstance): PhoenixServer {
  const server = servers.get(app.server) ?? startServer(app)
  if (!app.hasDecorator('phoenix')) app.decorate('phoenix', server.service)
  return server
}

function startServer(app: FastifyInstance): PhoenixServer {
  const requests = new LastRequests(app)
  const server = new PhoenixServer(app.log, requests)
  servers.set(app.server, server)
  app.addHook('onReady', () => server.start())
  app.addHook('preClose', async () => {
    const began = server.clock.now()
    await server.drainNow()
    await requests.finish(server.clock.now() - began)
  })
  app.addHook('onClose', () => server.close())
  return server
}
