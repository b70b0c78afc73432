import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { supervise } from '../cluster/workers/supervisor.js'
import { isObject } from '../util/is-object.js'
import type { ServerConfig } from './config.js'
import { lineLogger } from './line-logger.js'
import { fail, sayListening } from './start.js'
import { isLook, noteLook, noticeTime } from './watched.js'
import { workerEnvironment } from './worker-config.js'

/** The process ends by then, in time for whoever sent the signal; a worker by itself takes a little less. */
const shutdownMs = 9000

/** Runs the workers that serve, until a signal drains them. */
export async function serveWorkers(config: ServerConfig): Promise<void> {
  const log = lineLogger(process.stderr)
  let ready = false
  let problem: string | undefined
  cluster.on('message', (_worker, message: unknown) => {
    if (isLook(message)) return noteLook()
    if (!isObject(message) || typeof message.failedStart !== 'string') return
    if (ready) log.error({}, message.failedStart)
    // Many may fail for one reason, which is said once.
    else problem ??= message.failedStart
  })
  try {
    const supervisor = await supervise({
      workers: config.workers,
      exec: fileURLToPath(new URL('./main.js', import.meta.url)),
      env: (number) => workerEnvironment(config, number),
      shutdownMs,
      delayMs: noticeTime,
      log
    })
    ready = true
    if (supervisor.port !== undefined) sayListening(config, supervisor.port)
    await supervisor.ended
    process.exit(0)
  } catch (err) {
    if (problem === undefined) throw err
    fail(problem)
  }
}
