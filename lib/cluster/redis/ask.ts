import type { RedisClientOptions } from '@redis/client'
import { Connection } from './connection.js'
import { reasonOf } from './reason.js'

/** How long one of several servers may take to answer before the next one is asked. */
const oneMs = 1_000

/** Asks servers one after the other until one answers, beginning with the one that answered last. */
export class Asker {
  readonly #given: readonly RedisClientOptions[]
  readonly #command: readonly string[]
  /** What others have told of. */
  #learnt: readonly RedisClientOptions[] = []
  #last: RedisClientOptions | undefined

  constructor(servers: readonly RedisClientOptions[], command: readonly string[]) {
    this.#given = servers
    this.#command = command
  }

  /** Asks these as well, in the place of those that it learnt before: all that were given may have gone. */
  learn(servers: readonly RedisClientOptions[]): void {
    this.#learnt = servers
  }

  /** Rejects with what went wrong with each of them, or with the reason of the signal. */
  async ask<T>(signal: AbortSignal, read: (reply: unknown, server: RedisClientOptions) => T): Promise<T> {
    const problems = new Set<string>()
    const last = this.#last === undefined ? [] : [this.#last]
    const servers = [...new Set([...last, ...this.#given, ...this.#learnt])]
    for (const server of servers) {
      signal.throwIfAborted()
      // Nobody waits behind the last one.
      const limitMs = server === servers.at(-1) ? undefined : oneMs
      try {
        const answer = read(await this.#askOne(server, signal, limitMs), server)
        this.#last = server
        return answer
      } catch (err) {
        problems.add(reasonOf(err))
      }
    }
    signal.throwIfAborted()
    throw new Error([...problems].join('; '))
  }

  async #askOne(server: RedisClientOptions, signal: AbortSignal, limitMs?: number): Promise<unknown> {
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort(signal.reason)
    const late = (): void => attempt.abort(new Error(`no answer within ${limitMs} ms`))
    const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs)
    signal.addEventListener('abort', giveUp)
    let connection: Connection | undefined
    try {
      connection = await Connection.open(server, attempt.signal)
      attempt.signal.addEventListener('abort', () => connection?.end(attempt.signal.reason))
      return await connection.client.sendCommand(this.#command)
    } catch (err) {
      // What the client library says of its end is not why it was ended.
      throw attempt.signal.aborted ? attempt.signal.reason : err
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      connection?.end(new Error('it has answered'))
    }
  }
}
