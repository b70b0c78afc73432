import type { Connection } from './connection.js'
import type { Names } from './names.js'

type Listener = (bytes: Buffer, name: Buffer) => void

const noop = (): void => {}

/**
 * The connection that subscribes. @redis/client, in its versions 5 and 6, sends nothing for a channel that it believes
 * to be subscribed to, whatever the server has forgotten; and what comes before the last of many channels is confirmed
 * it drops. So it is told, in the map that `getPubSubListeners` returns, that each is there and about to be left.
 */
export class Subscriber {
  readonly #connection: Connection
  readonly #sharded: boolean
  readonly #listen: Listener
  readonly #about: { unsubscribing: boolean; buffers: Set<Listener>; strings: Set<never> }

  constructor(
    connection: Connection,
    { sharded, headBytes }: Names,
    deliver: (channel: string, bytes: Uint8Array) => void
  ) {
    this.#connection = connection
    this.#sharded = sharded
    this.#listen = (bytes, name) => {
      connection.heard++
      deliver(name.toString('utf8', headBytes), bytes)
    }
    this.#about = { unsubscribing: true, buffers: new Set([this.#listen]), strings: new Set() }
    // A slot of a Redis Cluster has gone to another server.
    connection.client.on('sharded-channel-moved', () => connection.end(new Error('a slot has moved')))
  }

  /** Resolves when the server has confirmed all of them, which it is asked to in one command. */
  async subscribe(names: readonly string[]): Promise<void> {
    const { client } = this.#connection
    const known = client.getPubSubListeners(this.#sharded ? 'SHARDED' : 'CHANNELS')
    for (const name of names) known.set(name, this.#about)
    await this.#subscribe(names, this.#listen)
  }

  unsubscribe(names: readonly string[]): void {
    const { client } = this.#connection
    const left = this.#sharded ? client.sUnsubscribe([...names]) : client.unsubscribe([...names])
    // It fails with the connection alone.
    left.catch(noop)
  }

  /** Resolves when the server lets this user subscribe under this name; rejects with why it does not. */
  async check(name: string): Promise<void> {
    await this.#subscribe([name], noop)
    this.unsubscribe([name])
  }

  end(problem: Error): void {
    this.#connection.end(problem)
  }

  async #subscribe(names: readonly string[], listener: Listener): Promise<void> {
    const { client } = this.#connection
    try {
      await (this.#sharded
        ? client.sSubscribe([...names], listener, true)
        : client.subscribe([...names], listener, true))
      this.#connection.heard++
    } catch (err) {
      // Who does not hear what it asked for is not up.
      this.#connection.end(err as Error)
      throw err
    }
  }
}
