import type { RedisClientOptions } from '@redis/client'
import { Connection } from './connection.js'
import type { Names } from './names.js'
import { type Outbox, Publisher } from './publisher.js'
import { Subscriber } from './subscriber.js'

export interface LinkOptions {
  readonly names: Names
  readonly outbox: Outbox
  deliver(channel: string, bytes: Uint8Array): void
}

/** The two connections to one server: one publishes, the other one subscribes. Neither lives without the other. */
export class Link {
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  /** Resolves when either is over, with what ended it. */
  readonly ended: Promise<Error>

  private constructor(publishing: Connection, subscribing: Connection, options: LinkOptions) {
    const { names, outbox, deliver } = options
    this.publisher = new Publisher(publishing, { sharded: names.sharded, outbox })
    this.subscriber = new Subscriber(subscribing, names, deliver)
    this.ended = Promise.race([publishing.ended, subscribing.ended])
  }

  /**
   * Connects, and finds out whether the server takes and brings what begins with `head`. Rejects with what went wrong,
   * or with the reason of the signal; nothing is left when that has been given.
   */
  static async open(
    server: RedisClientOptions,
    head: string,
    signal: AbortSignal,
    options: LinkOptions
  ): Promise<Link> {
    const opening = [Connection.open(server, signal), Connection.open(server, signal)] as const
    try {
      const link = new Link(...(await Promise.all(opening)), options)
      const failed = link.ended.then((problem): never => {
        throw problem
      })
      const giveUp = (): void => link.subscriber.end(signal.reason as Error)
      signal.addEventListener('abort', giveUp)
      try {
        await Promise.race([Promise.all([link.publisher.check(head), link.subscriber.check(head)]), failed])
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
      return link
    } catch (err) {
      const end = (connection: Connection): void => connection.end(err as Error)
      for (const each of opening) each.then(end, () => {})
      throw err
    }
  }

  /** Ends both when the server has taken all that waits; after `graceMs` in any case. */
  async end(problem: Error, graceMs: number): Promise<void> {
    await this.publisher.end(problem, graceMs)
    this.subscriber.end(problem)
  }
}
