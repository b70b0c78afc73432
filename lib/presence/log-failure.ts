import { excerpt } from '../log/excerpt.js'
import { type Logger, logSafely } from '../util/logger.js'

/**
 * Logs what code of the application threw. That may be anything: a logger that fails to read it must
 * not stop the diffs of a topic.
 */
export function logFailure(log: Logger, topic: string, err: unknown, message: string): void {
  logSafely(
    log,
    'error',
    { err, topic: excerpt(topic) },
    { err: 'cannot be shown', topic: excerpt(topic) },
    message
  )
}
