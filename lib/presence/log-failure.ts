import type { Logger } from '../logger.js'

/**
 * Logs what code of the application threw. That may be anything: a logger that fails to read it must
 * not stop the diffs of a topic.
 */
export function logFailure(log: Logger, topic: string, err: unknown, message: string): void {
  try {
    log.error({ err, topic }, message)
  } catch {
    log.error({ topic }, `${message} (what it threw cannot be logged)`)
  }
}
