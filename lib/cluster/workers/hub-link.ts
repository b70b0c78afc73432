import { createConnection, type Socket } from 'node:net'
import { FrameReader } from './frame-reader.js'
import { FrameWriter } from './frame-writer.js'

/** What a link tells of. */
export interface LinkEvents {
  frame(frame: Buffer): void
  connected(): void
  /** Once, whatever came before. */
  closed(problem: Error | undefined): void
}

/** One connection of a worker to the hub; it is not made a second time. */
export class HubLink {
  readonly #socket: Socket
  readonly #writer: FrameWriter
  #flushing = false

  constructor(address: string, events: LinkEvents) {
    const socket = createConnection(address)
    this.#socket = socket
    this.#writer = new FrameWriter(socket)
    let problem: Error | undefined
    const reader = new FrameReader(events.frame)
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
      } catch (err) {
        if (!(err instanceof RangeError)) throw err
        socket.destroy(err)
      }
    })
    socket.once('connect', events.connected)
    socket.on('error', (err) => {
      problem ??= err
    })
    socket.once('close', () => events.closed(problem))
  }

  get waitingBytes(): number {
    return this.#writer.waitingBytes
  }

  /** Sends with all that comes in the same turn. */
  send(...bytes: Uint8Array[]): void {
    for (const each of bytes) this.#writer.add(each)
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#writer.flush()
    })
  }

  /** Sends what waits and ends; after `graceMs` without waiting. */
  async end(graceMs: number): Promise<void> {
    const socket = this.#socket
    if (socket.destroyed) return
    this.#writer.flush()
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const timer = setTimeout(() => socket.destroy(), graceMs)
    if (socket.connecting) socket.destroy()
    else socket.end()
    await closed
    clearTimeout(timer)
  }
}
