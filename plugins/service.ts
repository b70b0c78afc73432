import type {} from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { Endpoint } from '../lib/endpoint/endpoint.js'
import { EndpointServer } from '../lib/endpoint/endpoint-server.js'
import type { EndpointStats } from '../lib/endpoint/stats.js'
import { guardedClock } from '../lib/guard.js'
import type { SocketMount } from '../lib/mount/mount.js'
import { type Clock, systemClock } from '../lib/time/clock.js'
import { RunningTickLoop, type TickLoop, type TickLoopOptions } from '../lib/time/tick-loop.js'
import { BacklogWatch } from '../lib/transport/backlog-watch.js'
import { guardedLogger, type Logger } from '../lib/util/logger.js'

/** `app.phoenix`: the way to the connected clients from a route, a job or a hook. */
export interface PhoenixService extends Endpoint {
  /** How many sockets are open. */
  readonly socketCount: number
  /** What was left out or cut off since the start; a copy. */
  readonly stats: EndpointStats
  /**
   * Calls a function at a fixed rate until the server has closed; for games and the like, which send the
   * state of a room in it.
   *
   * @throws PHX_ERR_OPTION_INVALID for options that are none.
   */
  tickLoop(options: TickLoopOptions): TickLoop
}

/** What all mounts of one Fastify server share, and its life. */
export class PhoenixServer {
  /** Where the mounts take time from. */
  readonly clock: Clock
  /** The log of the application; writing to it never throws. */
  readonly log: Logger
  /** One for each time the plugin was registered. */
  readonly mounts: SocketMount[] = []
  readonly endpoint = new EndpointServer()
  /** Finds the clients of all mounts that do not read. */
  readonly backlogs: BacklogWatch
  /** What applications see as `app.phoenix`. */
  readonly service: PhoenixService = serviceOf(this)
  readonly #loops = new Set<TickLoop>()
  #closed = false

  constructor(log: Logger) {
    this.log = guardedLogger(log)
    this.clock = guardedClock(systemClock, this.log)
    this.backlogs = new BacklogWatch(this.clock, this.endpoint.queued)
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

  /** Drains all sockets and ends the tick loops. */
  async close(): Promise<void> {
    await Promise.all(this.mounts.map((mount) => mount.drain()))
    this.#closed = true
    for (const loop of this.#loops) loop.stop()
  }
}

/** What is meant for applications, and nothing else of a server. */
function serviceOf(server: PhoenixServer): PhoenixService {
  const { endpoint } = server
  return Object.freeze({
    broadcast: endpoint.broadcast.bind(endpoint),
    pushToUser: endpoint.pushToUser.bind(endpoint),
    disconnect: endpoint.disconnect.bind(endpoint),
    sendDataToUser: endpoint.sendDataToUser.bind(endpoint),
    sendDataToUsers: endpoint.sendDataToUsers.bind(endpoint),
    broadcastData: endpoint.broadcastData.bind(endpoint),
    peersOf: endpoint.peersOf.bind(endpoint),
    tickLoop: server.tickLoop.bind(server),
    get socketCount() {
      return server.socketCount
    },
    get stats() {
      return structuredClone(endpoint.stats)
    }
  })
}

const servers = new WeakMap<FastifyInstance['server'], PhoenixServer>()

/** What the mounts of this Fastify server share, whatever context they are registered in. */
export function serverOf(app: FastifyInstance): PhoenixServer {
  const server = servers.get(app.server) ?? startServer(app)
  if (!app.hasDecorator('phoenix')) app.decorate('phoenix', server.service)
  return server
}

function startServer(app: FastifyInstance): PhoenixServer {
  const server = new PhoenixServer(app.log)
  servers.set(app.server, server)
  app.addHook('preClose', () => server.close())
  return server
}
