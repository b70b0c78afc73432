/** The header of what is a part of a message: the server takes no message over its `max_payload`. */
export const partHeader = 'Phx-Part'

/** Bytes that a part's header takes at most. */
export const partHeaderBytes = 128

/** Bytes of the largest message. */
export const maxMessageBytes = 16 * 1024 * 1024

/** Bytes, and messages, of which the rest is awaited at most; over it the oldest is given up. */
const maxWaitingBytes = 64 * 1024 * 1024
const maxWaiting = 1024

/** Milliseconds without a further part before a message is given up. */
const patienceMs = 10_000

/** Where a part belongs: the name of its message, its number from 0, how many there are, and the bytes of all. */
export interface Part {
  id: string
  index: number
  count: number
  size: number
}

export function encodePart({ id, index, count, size }: Part): string {
  return `${id} ${index} ${count} ${size}`
}

function decodePart(header: string): Part | undefined {
  const [, id = '', ...numbers] = /^(\S{1,64}) (\d{1,9}) (\d{1,9}) (\d{1,9})$/.exec(header) ?? []
  const [index = 0, count = 0, size = 0] = numbers.map(Number)
  return index < count && size <= maxMessageBytes ? { id, index, count, size } : undefined
}

/** A message of which parts are missing. */
interface Waiting {
  chunks: Uint8Array[]
  bytes: number
  next: number
  /** A part is missing for good: what comes of the rest is thrown away. */
  isBroken: boolean
  lastAt: number
}

/**
 * Puts parts together. Those of a message come in their order, among those of others; one that is missing costs the
 * whole message, which is counted.
 */
export class Parts {
  readonly #waiting = new Map<string, Waiting>()
  readonly #now: () => number
  #bytes = 0
  /** Messages that were given up. */
  incomplete = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The message, when this was its last part. */
  take(channel: string, header: string, bytes: Uint8Array): Uint8Array | undefined {
    const part = decodePart(header)
    if (part === undefined) {
      this.incomplete++
      return undefined
    }
    const key = `${part.id} ${channel}`
    const waiting = this.#waiting.get(key) ?? this.#begin(key)
    waiting.lastAt = this.#now()
    if (part.index !== waiting.next || waiting.bytes + bytes.length > part.size) this.#break(waiting)
    if (!waiting.isBroken) {
      waiting.chunks.push(bytes)
      waiting.bytes += bytes.length
      waiting.next++
      this.#bytes += bytes.length
    }
    if (part.index < part.count - 1) {
      this.#shrink(maxWaitingBytes, maxWaiting)
      return undefined
    }
    const isWhole = !waiting.isBroken && waiting.bytes === part.size
    const message = isWhole ? Buffer.concat(waiting.chunks, part.size) : undefined
    if (message === undefined) this.incomplete++
    this.#delete(key, waiting)
    return message
  }

  /** Gives up messages of which nothing has come for long. */
  expire(): void {
    const latest = this.#now() - patienceMs
    for (const [key, waiting] of this.#waiting) if (waiting.lastAt < latest) this.#giveUp(key, waiting)
  }

  /** Nothing that waits will be completed. */
  clear(): void {
    this.#shrink(0, 0)
  }

  #begin(key: string): Waiting {
    const waiting: Waiting = { chunks: [], bytes: 0, next: 0, isBroken: false, lastAt: 0 }
    this.#waiting.set(key, waiting)
    return waiting
  }

  #break(waiting: Waiting): void {
    waiting.isBroken = true
    this.#bytes -= waiting.bytes
    waiting.chunks = []
    waiting.bytes = 0
  }

  #shrink(bytes: number, count: number): void {
    for (const [key, waiting] of this.#waiting) {
      if (this.#bytes <= bytes && this.#waiting.size <= count) return
      this.#giveUp(key, waiting)
    }
  }

  #giveUp(key: string, waiting: Waiting): void {
    this.incomplete++
    this.#delete(key, waiting)
  }

  #delete(key: string, waiting: Waiting): void {
    this.#bytes -= waiting.bytes
    this.#waiting.delete(key)
  }
}
