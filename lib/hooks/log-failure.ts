import { type Logger, logSafely } from '../util/logger.js'

/**
 * Logs what code of the application threw. That may be anything: reading an Error's parts, as loggers
 * do, must not make a second failure of it.
 */
export function logFailure(
  log: Logger,
  level: 'warn' | 'error',
  details: { readonly hookPlugin: string; readonly fn: string; readonly err: unknown },
  message: string
): void {
  logSafely(log, level, details, { ...details, err: 'cannot be shown' }, message)
}
