import type { Limits } from './limits.js'
import type { UserBudget } from './user-budgets.js'

/** Above so many messages of the client that wait for a handler, the transport is not read. */
const pauseAbove = 256
const resumeBelow = 128

/** The transport is paused at this part of the bytes that may wait, and read again at half of that. */
const pausePart = 4

/** What is told to read and not to read. */
interface Readable {
  pause(): void
  resume(): void
}

/**
 * What waits on behalf of one socket, wherever it waits, in messages of its client and in bytes, and what its handlers
 * have in hand. The client is not read while it is much: only what others send, or its other sockets, can make it too
 * much.
 */
export class Backlog {
  readonly #source: Readable
  readonly #budget: UserBudget
  readonly #socketLimit: number
  readonly #userLimit: number
  #messages = 0
  #bytes = 0
  /** Those of the client's own messages: not reading it makes only them fewer. */
  #messageBytes = 0
  /** Memory that the messages take which are being handled. */
  #handledBytes = 0
  #isPaused = false
  #isStopped = false

  constructor(
    source: Readable,
    budget: UserBudget,
    { mailboxBytes, userMailboxBytes }: Pick<Limits, 'mailboxBytes' | 'userMailboxBytes'>
  ) {
    this.#source = source
    this.#budget = budget
    this.#socketLimit = mailboxBytes
    this.#userLimit = userMailboxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Those of the client. */
  get messages(): number {
    return this.#messages
  }

  /**
   * Makes room for so many bytes, of so many messages of the client; false where that would be too much, and nothing
   * was taken. What waits alone always fits.
   */
  add(bytes: number, messages: number): boolean {
    const isFull =
      (this.#bytes > 0 && exceeds(this.#bytes + bytes, this.#socketLimit)) ||
      (this.#budget.waitingBytes > 0 && exceeds(this.#budget.waitingBytes + bytes, this.#userLimit))
    if (isFull) return false
    this.#bytes += bytes
    this.#budget.waitingBytes += bytes
    if (messages === 0) return true
    this.#messages += messages
    this.#messageBytes += bytes
    if (this.#messages > pauseAbove || exceeds(this.#messageBytes * pausePart, this.#socketLimit))
      this.#pause()
    return true
  }

  /** What was added waits no more. */
  remove(bytes: number, messages: number): void {
    this.#bytes -= bytes
    this.#budget.waitingBytes -= bytes
    if (messages === 0) return
    this.#messages -= messages
    this.#messageBytes -= bytes
    this.#resume()
  }

  /** A handler that goes on in later turns has a message in hand that takes so much memory. */
  beginHandling(bytes: number): void {
    this.#handledBytes += bytes
    this.#budget.handledBytes += bytes
    if (this.#handlesTooMuch(1)) this.#pause()
  }

  /** It is through. */
  endHandling(bytes: number): void {
    this.#handledBytes -= bytes
    this.#budget.handleLess(bytes)
  }

  /** The user's sockets handle less. */
  handledLess(): void {
    this.#resume()
  }

  /** The client is not to be read any more, however little waits. */
  stop(): void {
    this.#isStopped = true
    this.#budget.unwatch(this)
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    if (!this.#isStopped) this.#budget.watch(this)
    this.#source.pause()
  }

  #resume(): void {
    if (!this.#isPaused || this.#messages >= resumeBelow) return
    if (exceeds(this.#messageBytes * pausePart * 2, this.#socketLimit) || this.#handlesTooMuch(2)) return
    this.#isPaused = false
    this.#budget.unwatch(this)
    if (!this.#isStopped) this.#source.resume()
  }

  #handlesTooMuch(times: number): boolean {
    return (
      exceeds(this.#handledBytes * times, this.#socketLimit) ||
      exceeds(this.#budget.handledBytes * times, this.#userLimit)
    )
  }
}

function exceeds(bytes: number, limit: number): boolean {
  return limit > 0 && bytes > limit
}

/**
 * A frame as it may wait. What arrives is often a small part of a larger buffer, which all of it would be kept
 * with.
 */
export function keptFrame(data: Buffer): Buffer {
  return data.buffer.byteLength > 2 * data.length ? Buffer.from(data) : data
}
