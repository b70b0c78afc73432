import { closeCodes, events } from './constants.js'
import { PubSub } from './pubsub/pubsub.js'
import type { Socket } from './socket.js'

/** What all sockets of one server share, and the way to them from outside a channel (Phoenix.Endpoint). */
export class Endpoint {
  readonly pubsub = new PubSub()
  /** The sockets that are open. */
  readonly sockets = new Set<Socket>()
  /** Gives up the connects that are still being decided. */
  readonly connecting = new Set<() => void>()
  #closed = false

  /** Whether the server goes away, and no socket may be opened any more. */
  get closed(): boolean {
    return this.#closed
  }

  /**
   * Sends an event to all members of a topic.
   * Throws `PHX_ERR_SERIALIZER_ENCODE` when the payload is neither an object nor a Uint8Array, or
   * no JSON, and somebody would have got it.
   */
  broadcast(topic: string, event: string, payload: object): void {
    this.pubsub.broadcast({ topic, event, payload })
  }

  /** Closes all sockets of that id with 1001; nothing happens when there is none. */
  disconnect(socketId: string): void {
    this.broadcast(socketId, events.disconnect, {})
  }

  /** Closes all sockets with 1012: the server goes away, and clients come back later. */
  close(): void {
    this.#closed = true
    for (const giveUp of [...this.connecting]) giveUp()
    for (const socket of [...this.sockets]) socket.close(closeCodes.serviceRestart, 'draining')
  }
}
