import { oneLine } from '../log/one-line.js'
import type { Logger, LogMethod } from '../util/logger.js'

/** Writes lines as those of Fastify's logger, in a process that does without Fastify. */
export function lineLogger(output: { write(line: string): unknown }): Logger {
  const at =
    (level: number): LogMethod =>
    (details, msg) => {
      const { err, ...others } = details as { err?: unknown }
      const shown = err === undefined ? {} : { err: { code: Object(err).code, message: oneLine(err) } }
      const line = { level, time: Date.now(), pid: process.pid, ...others, ...shown, msg }
      output.write(`${JSON.stringify(line)}\n`)
    }
  const nothing: LogMethod = () => {}
  return { trace: nothing, debug: nothing, info: at(30), warn: at(40), error: at(50) }
}
