import { createHmac } from 'node:crypto'

/** What all processes with one token secret sign the tokens of their long-poll sessions with. */
export function longPollSecret(tokenSecret: string): Buffer {
  return createHmac('sha256', tokenSecret).update('fastify-phoenix long-poll sessions').digest()
}
