// The room of what belongs to nobody: small helpers and types that know nothing of this package.

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
      logSafely(log, level, details, { err: 'cannot be shown' }, message)
  return {
    trace: guarded('trace'),
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error')
  }
}

/** Writes `details`, or where they make the log throw, `plain`; or nothing. Never throws. */
export function logSafely(
  log: Logger,
  level: keyof Logger,
  details: object,
  plain: object,
  message: string
): void {
  try {
    log[level](details, message)
  } catch {
    try {
      log[level](plain, message)
    } catch {
      // A log that takes nothing at all must not end what it is told of.
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
