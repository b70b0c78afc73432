import type { Turns } from '../limits/turns.js'

/**
 * What a client may use of one turn of the event loop: a message costs 1, and 1 for each 8 KiB. Large messages that a
 * client has under way together should have their turn together: one that has waited for the others is cold by then.
 */
const share = 32
const bytesShift = 13

/** What of its share a client uses before it is asked whether that is a new turn, for which a timer has to run. */
const unasked = 8

/** Where the messages come from. Pausing takes some time: what was read already still comes. */
export interface PausableSource {
  pause(): void
  resume(): void
}

/**
 * Hands on the messages of one client, in their order, as many in a turn of the event loop as are its share.
 * Node reads up to 2 MiB of a connection in one turn, which are tens of thousands of messages: without
 * this, whoever floods a server holds up everybody else for as long as all of them take.
 */
export class FairReader {
  readonly #turns: Turns
  readonly #source: PausableSource
  readonly #handle: (data: Buffer, isBinary: boolean) => void
  #turn = 0
  #left = share
  #held: [data: Buffer, isBinary: boolean][] = []
  #heldBytes = 0
  #isWaiting = false
  #isPaused = false
  /** What comes last, behind all that is held; and whether anything has come that is the last. */
  #last: (() => void) | undefined
  #isLast = false
  #whenEmpty: (() => void) | undefined

  constructor(turns: Turns, source: PausableSource, handle: (data: Buffer, isBinary: boolean) => void) {
    this.#turns = turns
    this.#source = source
    this.#handle = handle
  }

  /** Whether what the client sends stays where it is. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** A message has come. */
  message(data: Buffer, isBinary: boolean): void {
    if (!this.#isPaused && this.#held.length === 0 && this.#takes(costOf(data))) {
      this.#handle(data, isBinary)
    } else {
      this.#held.push([data, isBinary])
      this.#heldBytes += data.length
      this.#wait()
    }
  }

  /**
   * Bytes of the messages that were not handed on yet. Pausing the source keeps them few, unless it unpacks what it
   * had read before.
   */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Something has come that is dealt with already, and counts nevertheless. */
  control(): void {
    if (!this.#takes(1)) this.#wait()
  }

  /** Something has come behind which nothing is read: it is dealt with when it is its turn. */
  last(handle: () => void): void {
    this.#isLast = true
    if (!this.#isPaused && this.#held.length === 0) return handle()
    this.#last = handle
    this.#wait()
  }

  /** Hands on nothing more until `resume`. */
  pause(): void {
    this.#isPaused = true
    this.#pauseSource()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isEmpty) this.#wait()
    else if (!this.#isWaiting) this.#source.resume()
  }

  /** Nothing more comes: calls back when the rest is handed on, from now on whatever is paused. */
  end(ended: () => void): void {
    if (this.#isEmpty) return ended()
    this.#whenEmpty = ended
    this.#wait()
  }

  /** Hands on all that has come, whatever is paused: whoever takes it sees to it that others have their turn. */
  handOver(): void {
    for (const [data, isBinary] of this.#takeAll()) this.#handle(data, isBinary)
    this.#handleLast()
  }

  /** Forgets what is held. */
  drop(): void {
    this.#takeAll()
  }

  get #isEmpty(): boolean {
    return this.#held.length === 0 && this.#last === undefined
  }

  #handleLast(): void {
    const handle = this.#last
    this.#last = undefined
    handle?.()
  }

  /** Behind the last there is only the end of the connection, which is to be seen. */
  #pauseSource(): void {
    if (!this.#isLast) this.#source.pause()
  }

  #takeAll(): [data: Buffer, isBinary: boolean][] {
    this.#heldBytes = 0
    return this.#held.splice(0)
  }

  #takes(cost: number): boolean {
    if (this.#left - cost < share - unasked) {
      const { current } = this.#turns
      if (current !== this.#turn) {
        this.#turn = current
        this.#left = share
      }
      if (this.#left <= 0) return false
    }
    this.#left -= cost
    return true
  }

  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#pauseSource()
    setImmediate(() => this.#goOn())
  }

  #goOn(): void {
    this.#isWaiting = false
    for (;;) {
      if (this.#isPaused && this.#whenEmpty === undefined) return
      const [next] = this.#held
      if (next === undefined) break
      if (!this.#takes(costOf(next[0]))) return this.#wait()
      this.#held.shift()
      this.#heldBytes -= next[0].length
      this.#handle(...next)
    }
    this.#handleLast()
    this.#source.resume()
    this.#end()
  }

  #end(): void {
    const ended = this.#whenEmpty
    this.#whenEmpty = undefined
    ended?.()
  }
}

function costOf(data: Buffer): number {
  return 1 + (data.length >>> bytesShift)
}
