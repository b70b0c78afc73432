import type { FastifyInstance } from 'fastify'
import type { PushOptions } from '../lib/channel.js'
import { systemClock } from '../lib/clock.js'
import { Endpoint } from '../lib/endpoint.js'
import type { SocketMount } from '../lib/socket-mount.js'
import type { EndpointStatsSnapshot } from '../lib/stats.js'
import type { UserPeer } from '../lib/webrtc/peer-registry.js'

/** `app.phoenix`: the way to the connected clients from a route, a job or a hook. */
export class PhoenixService {
  /** Where the mounts take time from. */
  readonly clock = systemClock
  /** Whether this plugin registered @fastify/websocket, and not the application. */
  ownWebSocketServer = false
  /** One for each time the plugin was registered. */
  readonly mounts: SocketMount[] = []
  readonly #endpoint = new Endpoint()

  /** What all mounts of this server share. */
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
   * Sends to the DataChannel of that label of each of a user's channels; where none is open, the
   * channel gets it as `webrtc:data`.
   */
  sendDataToUser(userId: string, label: string, data: string | Uint8Array): void {
    this.#endpoint.broadcast(`user:${userId}`, 'webrtc:data', { channel: label, data })
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
  const service = new PhoenixService()
  services.set(app.server, service)
  app.addHook('preClose', async () => {
    await Promise.all(service.mounts.map((mount) => mount.drain()))
  })
  return service
}
