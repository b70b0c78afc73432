import { Queue } from '../../util/queue.js'
import { sizeOf } from '../../util/size-of.js'
import { bytesInReplies, type Command } from './claims.js'
import type { Connection } from './connection.js'
import type { Script } from './scripts.js'

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
  /** What the server has been told of. */
  readonly #scripts = new Set<Script>()
  #drained: (() => void) | undefined

  constructor(connection: Connection, { sharded, outbox }: { sharded: boolean; outbox: Outbox }) {
    this.#connection = connection
    this.#command = sharded ? 'SPUBLISH' : 'PUBLISH'
    this.#outbox = outbox
  }

  /** False where too much waits. A message that is larger than the bound goes alone. */
  publish(name: string, bytes: Uint8Array): boolean {
    if (!this.#takes(name.length + bytes.length)) return false
    this.#send(name, bytes).then(this.#answered, this.#refused)
    return true
  }

  /** Resolves with what the server says to a command; bytes are bytes in it. */
  async ask(command: Command): Promise<unknown> {
    const reply = await this.#connection.client.sendCommand(command, bytesInReplies)
    this.#connection.heard++
    return reply
  }

  /** Runs a script, behind all that was published. Rejects where too much waits, or the server refuses it. */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | Uint8Array)[]
  ): Promise<unknown> {
    const bytes = args.reduce((sum, arg) => sum + sizeOf(arg), 0)
    if (!this.#takes(bytes)) throw new Error('too much waits for it')
    try {
      return await this.#evaluate(script, keys, args)
    } catch (err) {
      this.#scripts.delete(script)
      // It has not run: the server has forgotten it.
      if (isRefusal(err, 'NOSCRIPT')) return await this.#evaluate(script, keys, args)
      // The channel is in other hands, which have to be found.
      if (isRefusal(err, 'MOVED', 'READONLY', 'CLUSTERDOWN', 'MASTERDOWN')) this.#refused(err)
      throw err
    } finally {
      this.#answered()
    }
  }

  #evaluate(
    script: Script,
    keys: readonly string[],
    args: readonly (string | Uint8Array)[]
  ): Promise<unknown> {
    const { client } = this.#connection
    if (!this.#scripts.has(script)) {
      this.#scripts.add(script)
      client.sendCommand(['SCRIPT', 'LOAD', script.text]).catch(() => this.#scripts.delete(script))
    }
    const command = ['EVALSHA', script.hash, String(keys.length), ...keys, ...args.map(inBuffer)]
    return client.sendCommand(command, bytesInReplies)
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

  #takes(bytes: number): boolean {
    const size = overheadBytes + bytes
    const { waitingBytes, maxBytes } = this.#outbox
    if (waitingBytes > 0 && waitingBytes + size > maxBytes) return false
    this.#outbox.waitingBytes += size
    this.#sizes.push(size)
    return true
  }

  #send(name: string, bytes: Uint8Array): Promise<unknown> {
    return this.#connection.client.sendCommand([this.#command, name, inBuffer(bytes)])
  }

  readonly #answered = (): void => {
    this.#connection.heard++
    this.#outbox.waitingBytes -= this.#sizes.shift() ?? 0
    if (this.#sizes.length === 0) this.#drained?.()
  }

  // Whoever does not take messages is no engine, until it is found anew.
  readonly #refused = (problem: Error): void => this.#connection.end(problem)
}

/** An older server names the kind behind what it says of the script. */
function isRefusal(err: unknown, ...kinds: readonly string[]): err is Error {
  return err instanceof Error && kinds.some((kind) => ` ${err.message}`.search(`[ -]${kind}\\b`) >= 0)
}

function inBuffer<Content extends string | Uint8Array>(content: Content): Buffer | Extract<Content, string> {
  if (typeof content === 'string') return content as Extract<Content, string>
  if (Buffer.isBuffer(content)) return content
  const bytes = content as Uint8Array
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
