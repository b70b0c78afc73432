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
    (details, message) => {
      try {
        log[level](details, message)
      } catch {
        log[level]({ err: 'cannot be shown' }, message)
      }
    }
  return {
    trace: guarded('trace'),
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error')
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
