import { printable } from './printable.js'
import { redactUrl } from './redact.js'

/** What a logger writes its lines to. */
export interface LogStream {
  write(line: string): unknown
}

/**
 * Makes a stream for a logger that leaves out what {@link redactUrl} does, and writes control characters of
 * clients as JSON does (`\u009b`), before it hands each line on.
 *
 *     const app = Fastify({ logger: { stream: redactingStream(process.stdout) } })
 *
 * @param destination where the lines go to
 */
export function redactingStream(destination: LogStream): LogStream {
  return { write: (line) => destination.write(printable(redactUrl(line))) }
}
