import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import phoenix, {
  type ChannelDefinition,
  defineChannel,
  type HistoryOptions,
  type HookPlugin,
  type Limits,
  type Param,
  type PhoenixOptions,
  Presence,
  userChannel,
  type WebRtcOptions
} from '../../plugins/phoenix.js'
import { noRates } from './no-rates.js'
import { type Address, announce, onStopSignal } from './program.js'

const limits: Partial<Limits> = { ...noRates, socketsPerUser: 0, callsInFlight: 0 }

/** The whole topic hears a shout as it came; there is no reply. */
const room: ChannelDefinition = {
  join: () => ({ status: 'ok' }),
  handleIn: {
    shout: (payload, channel) => channel.broadcast('shout', payload as object)
  }
}

const presence = new Presence()

interface Member {
  readonly userId: string
}

/** Who joins is present, but for `{"track": false}`; `fill` makes as many more present as it says. */
const lobby = defineChannel<Member>({
  join(params, channel) {
    const { track = true } = params as { track?: boolean }
    if (track) presence.enter(channel, channel.assigns.userId)
    return { status: 'ok' }
  },
  handleIn: {
    fill(payload, channel) {
      const { keys } = payload as { keys: number }
      for (let key = 0; key < keys; key++) presence.track(channel, `present${key}`)
      return { status: 'ok' }
    }
  }
})

function connect(params: { user_id?: Param }): { userId: string } | null {
  const { user_id: userId } = params
  return typeof userId === 'string' && userId !== '' ? { userId } : null
}

/** Loopback interfaces are left out by the peers unless they are told to bind one. */
function loopbackAddress(host: string): string | undefined {
  if (host === 'localhost') return '127.0.0.1'
  return host.startsWith('127.') || host === '::1' ? host : undefined
}

export interface LoadTargetOptions {
  /** What else the server has. */
  readonly extend?: (app: FastifyInstance) => PromiseLike<unknown>
  readonly webrtc?: WebRtcOptions
  readonly once?: PhoenixOptions['once']
  /** Of its rooms. */
  readonly history?: HistoryOptions
}

/** Serves the load target with these hooks, and ends at a signal. */
export async function serveLoadTarget(
  { host, port }: Address,
  hooks: HookPlugin[],
  { extend = async () => {}, webrtc, once, history }: LoadTargetOptions = {}
): Promise<void> {
  const app = Fastify({ logger: false })
  const bindAddress = loopbackAddress(host)
  await app.register(phoenix, {
    path: '/bench',
    connect,
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: {
      'user:*': userChannel({ hooks }),
      'room:*': { ...room, ...(history && { history }) },
      'presence:*': lobby
    },
    limits,
    checkOrigin: false,
    ...(once !== undefined && { once }),
    webrtc: { ...webrtc, ...(bindAddress !== undefined && { bindAddress }) }
  })
  await extend(app)
  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
}
