/** The server of `npm run bench:dashboard`, whose process says what it takes. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import Fastify from 'fastify'
import { demoHooks } from '../lib/server/demo-hooks.js'
import dashboard from '../plugins/dashboard.js'
import phoenix, { type Param, userChannel } from '../plugins/phoenix.js'
import { noRates } from './lib/no-rates.js'

/** Milliseconds that a look at the event loop is late by itself. */
const resolutionMs = 10

const app = Fastify({ forceCloseConnections: true })
await app.register(phoenix, {
  path: '/bench',
  connect: ({ user_id: userId }: { user_id?: Param }) => ({ userId }),
  id: ({ assigns }) => `user_socket:${assigns.userId}`,
  channels: {
    'user:*': userChannel({ hooks: [demoHooks()] }),
    'room:*': {
      join: () => ({ status: 'ok' }),
      handleIn: { shout: (payload, channel) => channel.broadcast('shout', payload as object) }
    }
  },
  limits: noRates,
  checkOrigin: false,
  websocket: { timeoutMs: 0 },
  webrtc: { bindAddress: '127.0.0.1' }
})
if (process.argv[2] === 'with') await app.register(dashboard, { token: 'bench', actions: true })
const base = await app.listen({ host: '127.0.0.1', port: 0 })

const delays = monitorEventLoopDelay({ resolution: resolutionMs })
let cpu = process.cpuUsage()
let since = performance.now()

/** What it took since it was last asked. */
process.on('message', () => {
  delays.disable()
  const { user, system } = process.cpuUsage(cpu)
  const ms = performance.now() - since
  process.send?.({
    core: (user + system) / 1000 / ms,
    stallMs: Math.max(0, delays.max / 1e6 - resolutionMs),
    sockets: app.phoenix.socketCount
  })
  delays.reset()
  delays.enable()
  cpu = process.cpuUsage()
  since = performance.now()
})
process.on('disconnect', () => process.exit())
process.send?.({ base })
