import cluster from 'node:cluster'
import type { AddressInfo } from 'node:net'
import { buildReferenceServer } from '../../plugins/reference-server.js'
import type { HookPlugin } from '../hooks/define.js'
import { redactingStream } from '../log/redacting-stream.js'
import type { ServerConfig } from './config.js'
import { demoHooks } from './demo-hooks.js'
import { loadHookFolder } from './hook-folder.js'
import { sayListening } from './start.js'
import { noticeTime } from './watched.js'

/** The process ends by then, whatever a hook's `before_stop` still waits for. */
const drainMs = 9000

const shortestSecret = 32

/** Serves in this process, until a signal drains it. */
export async function serve(config: ServerConfig): Promise<void> {
  const hooks = await readHooks(config, () => app.phoenix.nodes())
  const app: Awaited<ReturnType<typeof buildReferenceServer>> = await buildReferenceServer(config, hooks, {
    // A mistyped path is logged as a whole.
    stream: redactingStream(process.stderr),
    // The query may hold a token.
    serializers: { req: ({ method, url, ip }) => ({ method, path: url.split('?', 1)[0], ip }) }
  })
  if (Buffer.byteLength(config.tokenSecret) < shortestSecret) {
    app.log.warn(`${config.names.tokenSecret} is shorter than ${shortestSecret} bytes: it can be guessed`)
  }

  const isOneOfMany = config.redisUrl !== undefined || config.natsServers !== undefined
  if (config.ownSecret && isOneOfMany) {
    app.log.warn(
      `without ${config.names.tokenSecret}, other servers take neither the tokens nor the long-poll sessions of this one`
    )
  }

  let draining = false
  const drain = async (signal: string): Promise<void> => {
    // A terminal and npm may both pass on the same signal.
    if (draining) return
    draining = true
    app.log.info(`${signal}: draining`)
    setTimeout(() => process.exit(0), drainMs).unref()
    // Of workers the primary waits, once for all.
    await app.phoenix.drain({ delayMs: cluster.isPrimary ? noticeTime() : 0 })
    await app.close().catch((err: unknown) => app.log.error({ err }, 'draining failed'))
    process.exit(0)
  }
  process.on('SIGTERM', () => void drain('SIGTERM'))
  if (cluster.isPrimary) process.on('SIGINT', () => void drain('SIGINT'))
  // A terminal sends these to the workers as well, whose primary says when it is their turn.
  else for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})

  const { host, port } = config
  await app.listen({ host, port })
  if (cluster.isPrimary) sayListening(config, (app.server.address() as AddressInfo).port)
}

async function readHooks(
  { hooksDir }: ServerConfig,
  nodes: () => readonly string[]
): Promise<readonly HookPlugin[]> {
  return hooksDir === undefined ? [demoHooks(nodes)] : loadHookFolder(hooksDir)
}
