import type { Clock, Timer } from '../time/clock.js'
import { endOfPart, lengthOf, noOp, type Op } from './ops.js'
import { maxKeptLength, type ReplicationSizes } from './sizes.js'

/** Milliseconds from one flush to the next. */
const everyMs = 50

export interface OwnLogOptions {
  readonly clock: Clock
  readonly sizes: ReplicationSizes
  /** Tells other nodes operations, of which the first one comes after `from`. */
  send(from: number, ops: readonly Op[]): void
}

/**
 * What this node does to its presences, numbered: the clock is the number of the last operation. The newest are kept,
 * for nodes that missed them.
 */
export class OwnLog {
  readonly #options: OwnLogOptions
  #kept: Op[] = []
  /** Those before this place in `#kept` are dropped already. */
  #start = 0
  #keptLength = 0
  #clock = 0
  #sent = 0
  #flushedAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(options: OwnLogOptions) {
    this.#options = options
  }

  /** The clock that others have been told. */
  get sent(): number {
    return this.#sent
  }

  /** It is told soon: at once after a pause, together with others otherwise. */
  add(op: Op): void {
    this.#kept.push(op)
    this.#keptLength += lengthOf(op)
    this.#clock++
    this.#trim()
    if (this.#timer !== undefined) return
    const { clock } = this.#options
    const wait = Math.max(0, this.#flushedAt + everyMs - clock.now())
    this.#timer = clock.setTimeout(() => this.flush(), wait)
    this.#timer.unref()
  }

  /** Tells what was not told yet. */
  flush(): void {
    this.#stopTimer()
    this.#flushedAt = this.#options.clock.now()
    const from = Math.max(this.#sent, this.#first)
    const ops = this.since(from) ?? []
    this.#sent = this.#clock
    for (let start = 0; start < ops.length; ) {
      const end = endOfPart(ops, start, this.#options.sizes.partOps)
      this.#options.send(from + start, ops.slice(start, end))
      start = end
    }
  }

  /** The operations after the one of that number; undefined where they are not all kept. */
  since(clock: number): Op[] | undefined {
    if (clock < this.#first || clock > this.#clock) return undefined
    return this.#kept.slice(this.#kept.length - (this.#clock - clock))
  }

  close(): void {
    this.#stopTimer()
  }

  /** The clock before the oldest one that is kept. */
  get #first(): number {
    return this.#clock - (this.#kept.length - this.#start)
  }

  #trim(): void {
    const { keptOps } = this.#options.sizes
    while (this.#kept.length - this.#start > keptOps || this.#keptLength > maxKeptLength) {
      this.#keptLength -= lengthOf(this.#kept[this.#start] as Op)
      this.#kept[this.#start++] = noOp
    }
    // Not one by one: that would move all others each time.
    if (this.#start <= keptOps) return
    this.#kept = this.#kept.slice(this.#start)
    this.#start = 0
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
