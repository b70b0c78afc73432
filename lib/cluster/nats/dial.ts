import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'

/** Where Node tells of every socket that is made. */
const socketsMade = 'net.client.socket'

/**
 * One attempt to reach a server. The client has no way to give one up, and leaves the socket open of a server that
 * accepts and says nothing: so the attempt knows its sockets, and ends them.
 */
export class Dial {
  /** Rejects when no server can be used, or the attempt was given up. */
  readonly connection: Promise<NatsConnection>
  readonly #sockets: Socket[] = []
  #isGivenUp = false
  #reject: (err: Error) => void = () => {}

  constructor(options: NodeConnectionOptions) {
    this.connection = new Promise((resolve, reject) => {
      this.#reject = reject
      this.#connect(options)
        .then((connection) => {
          if (!this.#isGivenUp) return resolve(connection)
          return connection.close()
        })
        .catch(reject)
    })
    this.connection.catch(() => {})
  }

  giveUp(err: Error): void {
    this.#isGivenUp = true
    this.#reject(err)
    this.#destroySockets()
  }

  async #connect(options: NodeConnectionOptions): Promise<NatsConnection> {
    // The sockets of others are made at the same time: those of this attempt are made in its context.
    const context = new AsyncLocalStorage<this>()
    const made = (message: unknown): void => {
      if (context.getStore() !== this) return
      this.#sockets.push((message as { socket: Socket }).socket)
      // Not at once: it connects as soon as this was told.
      if (this.#isGivenUp) setImmediate(() => this.#destroySockets())
    }
    subscribe(socketsMade, made)
    try {
      return await context.run(this, () => connect(options))
    } catch (err) {
      this.#destroySockets()
      throw err
    } finally {
      unsubscribe(socketsMade, made)
      context.disable()
    }
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
