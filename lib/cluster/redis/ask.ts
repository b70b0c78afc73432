import type { RedisClientOptions } from '@redis/client'
import { Connection } from './connection.js'

/** How long one of several servers may take to answer before the next one is asked. */
const oneMs = 1_000

/**
 * Asks servers one after the other until one answers, beginning with that which answered last. Rejects with what went
 * wrong with the last of them, or with the reason of the signal.
 */
export class Asker<T extends RedisClientOptions> {
  readonly #servers: T[]
  readonly #command: readonly string[]

  constructor(servers: readonly T[], command: readonly string[]) {
    this.#servers = [...servers]
    this.#command = command
  }

  async ask<R>(signal: AbortSignal, read: (reply: unknown, server: T) => R): Promise<R> {
    let problem: unknown
    for (const server of [...this.#servers]) {
      signal.throwIfAborted()
      try {
        const answer = read(await this.#askOne(server, signal), server)
        this.#servers.splice(this.#servers.indexOf(server), 1)
        this.#servers.unshift(server)
        return answer
      } catch (err) {
        problem = err
      }
    }
    signal.throwIfAborted()
    throw problem
  }

  async #askOne(server: T, signal: AbortSignal): Promise<unknown> {
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort(signal.reason)
    const timer = setTimeout(() => attempt.abort(new Error(`no answer within ${oneMs} ms`)), oneMs)
    signal.addEventListener('abort', giveUp)
    let connection: Connection | undefined
    try {
      connection = await Connection.open(server, attempt.signal)
      attempt.signal.addEventListener('abort', () => connection?.end(attempt.signal.reason))
      return await connection.client.sendCommand(this.#command)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      connection?.end(new Error('it has answered'))
    }
  }
}
