import type {} from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { BroadcastDataOptions, SendDataOptions, SendDataResult } from '../lib/data/message.js'
import { Endpoint } from '../lib/endpoint/endpoint.js'
import type { EndpointStatsSnapshot } from '../lib/endpoint/stats.js'
import { guardedClock } from '../lib/guard.js'
import type { SocketMount } from '../lib/mount/mount.js'
import type { UserPeer } from '../lib/peers/peer-registry.js'
import type { PushOptions } from '../lib/protocol/message.js'
import { type Clock, systemClock } from '../lib/time/clock.js'
import { TickLoop, type TickLoopOptions } from '../lib/time/tick-loop.js'
import { BacklogWatch } from '../lib/transport/backlog-watch.js'
import { guardedLogger, type Logger } from '../lib/util/logger.js'

/** `app.phoenix`: the way to the connected clients from a route, a job or a hook. */
export class PhoenixService {
  /**
   * Where the mounts take time from.
   *
   * @internal
   */
  readonly clock: Clock
  /**
   * One for each time the plugin was registered.
   *
   * @internal
   */
  readonly mounts: SocketMount[] = []
  readonly #endpoint = new Endpoint()
  /**
   * Finds the clients of all mounts that do not read.
   *
   * @internal
   */
  readonly backlogs: BacklogWatch
  readonly #loops = new Set<TickLoop>()
  /**
   * The log of the application; writing to it never throws.
   *
   * @internal
   */
  readonly log: Logger
  #closed = false

  /** @internal */
  constructor(log: Logger) {
    this.log = guardedLogger(log)
    this.clock = guardedClock(systemClock, this.log)
    this.backlogs = new BacklogWatch(this.clock, this.#endpoint.queued)
  }

  /**
   * What all mounts of this server share.
   *
   * @internal
   */
  get endpoint(): Endpoint {
    return this.#endpoint
  }

  /** How many sockets are open. */
  get socketCount(): number {
    return this.mounts.reduce((sum, { sockets }) => sum + sockets.size, 0)
  }

  /**
   * The live WebRTC peers of a user on this node, one for each channel `user:<userId>` that has one: to
   * look at their statistics, or to close them.
   */
  peersOf(userId: string): UserPeer[] {
    return [...this.#endpoint.peers.of(userId)]
  }

  /** What was left out or cut off since the start; a copy. */
  get stats(): EndpointStatsSnapshot {
    return structuredClone(this.#endpoint.stats)
  }

  /**
   * Sends an event to all members of a topic (Phoenix.Endpoint.broadcast/3).
   * Throws `PHX_ERR_SERIALIZER_ENCODE` when the payload is neither an object nor a Uint8Array, or
   * no JSON, and somebody would have got it.
   */
  broadcast(topic: string, event: string, payload: object, options?: PushOptions): void {
    this.#endpoint.broadcast(topic, event, payload, options)
  }

  /**
   * Closes all sockets that the option `id` gave this name, with 1001, and their channels end with the
   * reason `disconnected`. As in Phoenix, where one broadcasts `disconnect` to that id.
   */
  disconnect(socketId: string): void {
    this.#endpoint.disconnect(socketId)
  }

  /** Pushes an event to all of a user's channels `user:<userId>`. Throws as {@link broadcast} does. */
  pushToUser(userId: string, event: string, payload: object, options?: PushOptions): void {
    this.#endpoint.broadcast(`user:${userId}`, event, payload, options)
  }

  /**
   * Sends to the DataChannel of that label of each of a user's sockets, text as a text message and
   * bytes as a binary one; where none is open, the socket gets it as `webrtc:data`. The bytes may be used
   * again as soon as this returns. Returns what became of it on this node.
   *
   * Throws `PHX_ERR_WEBRTC_INVALID_DATA` for what is neither text nor bytes, and `PHX_ERR_OPTION_INVALID`.
   */
  sendDataToUser(
    userId: string,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult {
    return this.#endpoint.sendDataToUser(userId, label, data, options)
  }

  /** As {@link sendDataToUser}, for several users; whatever the data is turned into is made once for all. */
  sendDataToUsers(
    userIds: Iterable<string>,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult {
    return this.#endpoint.sendDataToUsers(userIds, label, data, options)
  }

  /**
   * As {@link sendDataToUser}, for all members of a topic: each is sent to over the user channel of the
   * socket on which it joined the topic. A socket without one gets `webrtc:data` on the topic itself.
   */
  broadcastData(
    topic: string,
    label: string,
    data: string | Uint8Array,
    options?: BroadcastDataOptions
  ): SendDataResult {
    return this.#endpoint.broadcastData(topic, label, data, options)
  }

  /**
   * Calls a function at a fixed rate until the server has closed; for games and the like, which send the
   * state of a room in it. Throws `PHX_ERR_OPTION_INVALID`.
   */
  tickLoop(options: TickLoopOptions): TickLoop {
    const loop = new TickLoop(options, {
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

const services = new WeakMap<FastifyInstance['server'], PhoenixService>()

/** The service of this server: its mounts share one, whatever context they are registered in. */
export function serviceOf(app: FastifyInstance): PhoenixService {
  if (app.hasDecorator('phoenix')) return app.phoenix
  const service = services.get(app.server) ?? startService(app)
  app.decorate('phoenix', service)
  return service
}

function startService(app: FastifyInstance): PhoenixService {
  const service = new PhoenixService(app.log)
  services.set(app.server, service)
  app.addHook('preClose', () => service.close())
  return service
}
