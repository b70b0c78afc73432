import type { Position } from '../history/store.js'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { Queue } from '../util/queue.js'
import type { EngineSlice } from './adapter.js'
import { backOff } from './back-off.js'
import { arrivalsOf, type KeptArrival } from './kept-messages.js'
import { type WaitingBytes, waitingSize } from './waiting-bytes.js'

/** Messages that are read at once. */
const readLimit = 1_000

/** Messages that may wait for what was missed ahead of them. */
const mostWaiting = 10_000

/** Waits between attempts to read where the engine does not answer. */
const retry = { minMs: 100, maxMs: 5_000 }

/** What the tail of a topic is for. */
export interface TailOwner {
  readonly clock: Clock
  /** What waits in this topic and in all others. */
  readonly waitingBytes: WaitingBytes
  /** Reads the first messages behind an offset. Rejects where the engine is away. */
  read(after: number, limit: number): Promise<EngineSlice>
  deliver(arrival: KeptArrival): void
  /** The engine is behind what it had: it is to begin a new epoch, so that no offset is used twice. */
  renew(known: Position): Promise<void>
  /** What was missed is gone. */
  lost(): void
}

interface Waiting {
  readonly arrival: KeptArrival
  readonly bytes: number
}

/** How far this node has got with one topic: what comes is delivered in order, and what is missing ahead of it is read. */
export class TopicTail {
  readonly #owner: TailOwner
  readonly #epoch: string
  readonly #waiting = new Queue<Waiting>()
  #last: number
  /** Where the topic was when somebody asked: what was under way then is still to come. */
  #isSoft: boolean
  #isReading = false
  #readsAgain = false
  #hasEnded = false
  readonly #timer: LookTimer
  #failures = 0

  constructor({ epoch, offset }: Position, isSoft: boolean, owner: TailOwner) {
    this.#timer = new LookTimer(owner.clock, () => void this.catchUp())
    this.#epoch = epoch
    this.#last = offset
    this.#isSoft = isSoft
    this.#owner = owner
  }

  arrived(arrival: KeptArrival): void {
    const { epoch, offset } = arrival.position
    if (this.#hasEnded) return
    if (epoch !== this.#epoch) return this.#lose()
    if (this.#isReading || this.#waiting.length > 0) {
      this.#wait(arrival)
    } else if (offset <= this.#last) {
      if (this.#isSoft) this.#owner.deliver(arrival)
      // It was read before it came, or the engine has gone back and counts anew.
      else void this.catchUp()
    } else if (offset === this.#last + 1) this.#deliver(arrival)
    else this.#wait(arrival)
  }

  /** Reads what may have been missed, and delivers it. Where the engine does not answer, it is asked again. */
  async catchUp(): Promise<void> {
    this.#readsAgain = true
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#readsAgain && !this.#hasEnded) {
        this.#readsAgain = false
        const slice = await this.#owner.read(this.#last, readLimit)
        if (!this.#hasEnded) await this.#take(slice)
      }
      this.#failures = 0
    } catch {
      // What waits goes on waiting.
      if (!this.#hasEnded) this.#timer.start(backOff(this.#failures++, retry))
    } finally {
      this.#isReading = false
    }
  }

  end(): void {
    this.#hasEnded = true
    this.#timer.stop()
    for (const { bytes } of this.#waiting.clear()) this.#owner.waitingBytes.remove(bytes)
  }

  /** Waits for what was missed ahead of it, which is read. */
  #wait(arrival: KeptArrival): void {
    const bytes = waitingSize(arrival.message)
    const isFull = this.#waiting.length >= mostWaiting || !this.#owner.waitingBytes.add(bytes)
    if (isFull) return this.#lose()
    this.#waiting.push({ arrival, bytes })
    if (!this.#isReading) void this.catchUp()
  }

  async #take(slice: EngineSlice): Promise<void> {
    const { epoch, offset } = slice
    const missed = offset - this.#last
    if (epoch === this.#epoch && missed < 0) {
      await this.#owner.renew({ epoch, offset: this.#last })
      if (this.#hasEnded) return
    }
    if (epoch !== this.#epoch || missed < 0) return this.#lose()
    const arrivals = arrivalsOf(slice)
    if (missed > 0 && arrivals[0]?.position.offset !== this.#last + 1) return this.#lose()
    for (const arrival of arrivals) if (!this.#hasEnded) this.#deliver(arrival)
    if (this.#last < offset) this.#readsAgain = true
    this.#drain()
  }

  #drain(): void {
    let length = this.#waiting.length
    for (; length > 0 && !this.#hasEnded; length--) {
      const waiting = this.#waiting.shift() as Waiting
      const { offset } = waiting.arrival.position
      if (offset > this.#last + 1) {
        this.#waiting.push(waiting)
        this.#readsAgain = true
        continue
      }
      this.#owner.waitingBytes.remove(waiting.bytes)
      if (offset > this.#last) this.#deliver(waiting.arrival)
    }
  }

  #deliver(arrival: KeptArrival): void {
    this.#last = arrival.position.offset
    this.#isSoft = false
    this.#owner.deliver(arrival)
  }

  #lose(): void {
    this.end()
    this.#owner.lost()
  }
}
