import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ChannelDefinition } from '../lib/channel/channel.js'
import type { Dashboard } from '../lib/dashboard/dashboard.js'
import type { ConnectInfo } from '../lib/mount/connect-info.js'
import { SocketMount } from '../lib/mount/mount.js'
import { TopicRouter } from '../lib/protocol/topic.js'
import { readOptions } from './phoenix-options.js'
import { PhoenixServer } from './service.js'
import { websocket } from './websocket.js'

/** Who looks: address, and until when. */
export interface Viewer {
  readonly address: string
  readonly until: number
}

/** The mount of the dashboard's socket, on an endpoint of its own: nothing of it counts among what it shows. */
export class DashboardSocket {
  readonly mount: SocketMount
  readonly #server: PhoenixServer
  readonly #settings: ReturnType<typeof readOptions>
  readonly #viewers = new WeakMap<ConnectInfo, Viewer>()

  constructor(app: FastifyInstance, path: string, { channels }: Dashboard) {
    this.#server = new PhoenixServer(app.log)
    this.#settings = readOptions(
      {
        path,
        connect: (_params, info) => this.#viewers.get(info) ?? null,
        expiresAt: ({ assigns }) => Number(assigns.until),
        channels,
        // The page is the only one that may, and looked at before.
        checkOrigin: false,
        longpoll: false,
        webrtc: false
      },
      app.initialConfig.pluginTimeout ?? 10_000
    )
    const { endpoint, clock, log } = this.#server
    const router = new TopicRouter<ChannelDefinition>()
    for (const [pattern, channel] of Object.entries(channels)) router.add(pattern, channel)
    this.mount = new SocketMount({
      ...this.#settings,
      path: app.prefix + path,
      endpoint,
      clock,
      log,
      logLevels: this.#settings.log,
      peers: { factory: null, iceServers: { forClient: () => ({ ice_servers: [], ttl: null }) } },
      channels: router
    })
    this.#server.mounts.push(this.mount)
    app.addHook('preClose', () => this.#server.drain())
    app.addHook('onClose', () => this.#server.close())
  }

  /** Serves it, to those who {@link viewerOf} says may look. */
  async serve(
    scope: FastifyInstance,
    viewerOf: (request: FastifyRequest) => Viewer | undefined
  ): Promise<void> {
    const { clock, log, endpoint, backlogs } = this.#server
    await websocket(scope, this.mount, this.#settings, {
      clock,
      log,
      endpoint,
      backlogs,
      connectInfo: (request) => {
        const info: ConnectInfo = {}
        const viewer = viewerOf(request)
        if (viewer !== undefined) this.#viewers.set(info, viewer)
        return info
      }
    })
  }
}
