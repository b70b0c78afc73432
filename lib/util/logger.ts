// The room of what belongs to nobody: small helpers and types that know nothing of this package.
import { disown } from './describe.js'

/** Writes one line: the details as fields of it, and what it says. */
export type LogMethod = (details: object, message: string) => void

/** The part of a pino logger that this package writes to; Fastify's `app.log` is one. */
export interface Logger {
  trace: LogMethod
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}

const nothing: LogMethod = () => {}

/**
 * Writes to `log` without throwing. What is logged as an error was thrown by others: anything that
 * can be thrown, a Proxy too, which may throw again when it is looked at.
 */
export function guardedLogger(log: Logger): Logger {
  const guarded =
    (level: keyof Logger): LogMethod =>
    (details, message) =>
      logSafely(log, level, details, message)
  return {
    trace: guarded('trace'),
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error')
  }
}

/**
 * Logs what code of the application threw, and where. Never throws, as {@link guardedLogger}: what was thrown may be
 * anything.
 */
export function logFailure(
  log: Logger,
  level: 'warn' | 'error',
  where: { readonly err: unknown; readonly [detail: string]: unknown },
  message: string
): void {
  logSafely(log, level, where, message)
}

const unshown = { err: 'cannot be shown' }

/** Writes as much of the details as the log takes; it may take nothing. */
function logSafely(log: Logger, level: keyof Logger, details: object, message: string): void {
  for (const shown of [() => details, () => ({ ...details, ...unshown }), () => unshown]) {
    try {
      disown(log[level](shown(), message))
      return
    } catch {
      // A log that fails must not end what it is told of.
    }
  }
}

/** A logger that keeps nothing. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing
}
