// The only module of lib/ that needs a @fastify package: errors carry a code the way Fastify's do.
import createFastifyError, { type FastifyErrorConstructor } from '@fastify/error'

/** What comes with an error beside its message. */
export interface Cause {
  cause: unknown
}

/** Makes errors of one code; `Args` are what the message is made of. */
export interface CodedErrorConstructor<Args extends unknown[] = []>
  extends FastifyErrorConstructor<{ code: string }, Args> {}

/** Makes the constructor. Its type says where the constructor comes from, as not every way to resolve modules finds the one that is inferred. */
export function createError<Args extends unknown[] = []>(
  code: string,
  message: string,
  statusCode?: number,
  Base?: ErrorConstructor,
  captureStackTrace?: boolean
): CodedErrorConstructor<Args> {
  return createFastifyError<Args>(code, message, statusCode, Base, captureStackTrace)
}
