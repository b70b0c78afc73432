import { Queue } from '../../util/queue.js'
import { bytesInReplies, type Command } from './claims.js'
import type { Connection } from './connection.js'

/** Bytes of memory that a message takes while it waits, beside its own. */
const overheadBytes = 256

/** What waits in all publishers of a node together. */
export interface Outbox {
  readonly maxBytes: number
  waitingBytes: number
}

/** The connection that publishes: all of one turn goes out together, and what waits for an answer is bounded. */
export class Publisher {
  readonly #connection: Connection
  readonly #command: 'PUBLISH' | 'SPUBLISH'
  readonly #outbox: Outbox
  readonly #sizes = new Queue<number>()
  #drained: (() => void) | undefined

  constructor(connection: Connection, { sharded, outbox }: { sharded: boolean; outbox: Outbox }) {
    this.#connection = connection
    this.#command = sharded ? 'SPUBLISH' : 'PUBLISH'
    this.#outbox = outbox
  }

  /** False where too much waits. A message that is larger than the bound goes alone. */
  publish(name: string, bytes: Uint8Array): boolean {
    const size = overheadBytes + name.length + bytes.length
    const { waitingBytes, maxBytes } = this.#outbox
    if (waitingBytes > 0 && waitingBytes + size > maxBytes) return false
    this.#outbox.waitingBytes += size
    this.#sizes.push(size)
    this.#send(name, bytes).then(this.#answered, this.#refused)
    return true
  }

  /** Resolves with what the server says to a command; bytes are bytes in it. */
  async ask(command: Command): Promise<unknown> {
    const reply = await this.#connection.client.sendCommand(command, bytesInReplies)
    this.#connection.heard++
    return reply
  }

  /** Resolves when the server takes messages under this name; rejects with why it does not. */
  async check(name: string): Promise<void> {
    await this.#send(name, Buffer.alloc(0))
  }

  /** Ends the connection when all has been taken; after `graceMs` in any case. */
  async end(problem: Error, graceMs: number): Promise<void> {
    if (this.#sizes.length > 0) {
      let timer: NodeJS.Timeout | undefined
      const drained = new Promise<void>((resolve) => {
        this.#drained = resolve
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([drained, this.#connection.ended])
      clearTimeout(timer)
    }
    this.#connection.end(problem)
  }

  #send(name: string, bytes: Uint8Array): Promise<unknown> {
    const body = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#connection.client.sendCommand([this.#command, name, body])
  }

  readonly #answered = (): void => {
    this.#connection.heard++
    this.#outbox.waitingBytes -= this.#sizes.shift() ?? 0
    if (this.#sizes.length === 0) this.#drained?.()
  }

  // Whoever does not take messages is no engine, until it is found anew.
  readonly #refused = (problem: Error): void => this.#connection.end(problem)
}
