import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { authenticate } from '../lib/auth/authenticate.js'
import type { HookPlugin } from '../lib/hooks/define.js'
import { clusterEngine } from '../lib/server/cluster-engine.js'
import type { ServerConfig } from '../lib/server/config.js'
import { ServerOptionInvalid } from '../lib/server/errors.js'
import { isNamedAsUs } from '../lib/server/host-check.js'
import { longPollSecret } from '../lib/server/longpoll-secret.js'
import { roomChannel } from '../lib/server/room-channel.js'
import { createTokens, isUserId, type Tokens } from '../lib/server/tokens.js'
import { userChannel } from '../lib/user/user-channel.js'
import { demoPage } from './demo-page.js'
import { healthRoutes } from './health-routes.js'
import phoenix, { Presence } from './phoenix.js'

/** Milliseconds for which messages are kept, where they are. */
const historyMs = 5 * 60 * 1000

const devTokenSeconds = 24 * 60 * 60

/**
 * Builds the reference server: Phoenix Channels at `/socket`, the demo page at `/`, the dashboard at `/dashboard`,
 * `/healthz`, `/readyz`, `/metrics` and, where it is on, the dev login. It does not listen yet.
 *
 * @param config What `readConfig` made of the options.
 * @param hooks The hook plugins of the user channel.
 * @param logger As Fastify's option `logger`. Default: off.
 * @throws PHX_ERR_OPTION_INVALID for an option that the plugin refuses.
 * @throws PHX_ERR_SERVER_OPTION where the client of an engine, or of Prometheus, is not installed.
 * @throws PHX_ERR_WEBRTC_UNAVAILABLE when WebRTC is on and its native library is not installed.
 */
export async function buildReferenceServer(
  config: ServerConfig,
  hooks: readonly HookPlugin[],
  logger: FastifyServerOptions['logger'] = false
): Promise<FastifyInstance> {
  const tokens = createTokens(config.tokenSecret)
  const { verifyToken, ...socket } = authenticate({ verify: tokens.verify })
  // A browser's connection that has not been used yet is not idle to Node, and would hold up closing.
  const app = Fastify({
    logger,
    forceCloseConnections: true,
    // Whoever still comes while it closes is served: a proxy may not ask another server for a POST.
    return503OnClosing: false,
    trustProxy: trustProxy(config)
  })

  if (config.ownHostOnly) refuseOtherHosts(app, config)

  const cluster = await clusterEngine(config)
  const presence = new Presence({ name: 'room' })
  const history = config.history > 0 ? { size: config.history, ttlMs: historyMs } : undefined
  await app.register(phoenix, {
    path: '/socket',
    ...socket,
    channels: {
      'user:*': userChannel({ hooks, verifyToken, ...(history && { history }) }),
      'room:*': roomChannel(presence, history)
    },
    limits: config.limits,
    checkOrigin: config.checkOrigin,
    ...(cluster !== undefined && { cluster }),
    presence,
    longpoll: { secret: longPollSecret(config.tokenSecret) },
    // The process ends within ten seconds of its signal, `before_stop` included.
    drain: { batchIntervalMs: 500, shutdownMs: 5_000 },
    webrtc: config.webrtc && {
      iceServers: config.iceServers,
      bindAddress: config.webrtcBind,
      publicIp: config.webrtcPublicIp,
      udpPort: config.webrtcUdpPort
    }
  })

  await app.register(healthRoutes, { logLevel: 'warn' })
  if (config.devLogin) devLogin(app, tokens)
  if (config.metrics !== false) await showMetrics(app, config)
  const { dashboardToken: token } = config
  if (token !== undefined) {
    const { default: dashboard } = await import('./dashboard.js')
    await app.register(dashboard, { token, actions: true, logLevel: 'warn' })
  }
  await app.register(demoPage, { logLevel: 'warn' })
  return app
}

/** Most who install this package do without the client of Prometheus. */
async function showMetrics(app: FastifyInstance, { metrics, names }: ServerConfig): Promise<void> {
  try {
    const { default: plugin } = await import('./metrics.js')
    await app.register(plugin)
  } catch (err) {
    if (Object(err).code !== 'ERR_MODULE_NOT_FOUND') throw err
    if (metrics === true)
      throw new ServerOptionInvalid(names.metrics, 'needs a package: npm install prom-client')
    app.log.info('GET /metrics is not served: npm install prom-client')
  }
}

/** A number goes as a function, as Fastify believes nobody where it is given a number alone. */
function trustProxy({ trustProxy }: ServerConfig): Exclude<FastifyServerOptions['trustProxy'], undefined> {
  if (typeof trustProxy !== 'number') return trustProxy
  return (_address: string, hop: number) => hop < trustProxy
}

/** Who gets a token by asking must not be a page of somebody else's that a name of theirs made one of ours. */
function refuseOtherHosts(app: FastifyInstance, { host: listenHost, names }: ServerConfig): void {
  app.addHook('onRequest', async ({ raw, host, log }, reply) => {
    const { rawHeaders, url = '', socket } = raw
    if (isNamedAsUs({ rawHeaders, url, host, localAddress: socket?.localAddress }, listenHost)) return
    const secret = names.tokenSecret
    log.warn({ host }, `the Host header is no name of this machine: with ${secret} any is served`)
    // Nobody else ends the connection of an upgrade that nobody has looked at yet.
    reply.raw.once('finish', () => socket?.destroySoon?.())
    return reply
      .code(403)
      .header('connection', 'close')
      .send({
        error: `while everybody gets a token here, loopback names alone are served; with ${secret} any Host is`
      })
  })
}

/** `POST /dev/token` `{"user_id"}`: a token for whoever asks, so that trying things out needs none. */
function devLogin(app: FastifyInstance, tokens: Tokens): void {
  app.post('/dev/token', async (request, reply) => {
    const { user_id: userId } = Object(request.body) as Record<string, unknown>
    if (!isUserId(userId)) {
      return reply.code(400).send({ error: 'user_id must be a string of 1 to 250 bytes' })
    }
    reply.header('cache-control', 'no-store')
    return { token: await tokens.sign(userId, devTokenSeconds), user_id: userId }
  })
}
