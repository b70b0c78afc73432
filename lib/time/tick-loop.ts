import { InvalidOption } from '../errors.js'
import type { Logger } from '../util/logger.js'
import { isThenable } from '../util/thenable.js'
import type { Clock, Timer } from './clock.js'

/** One turn of a {@link TickLoop}. */
export interface Tick {
  /** Which turn of the schedule it is, from 1 on; turns that were skipped have numbers too. */
  readonly number: number
  /** Milliseconds since the tick before began; for the first one, since the loop was started. */
  readonly dt: number
  /** Milliseconds by which it is late. */
  readonly late: number
  /** Turns that were skipped right before it. */
  readonly skipped: number
}

export interface TickLoopOptions {
  /** Ticks in a second, from 0.001 to 1,000. */
  rate: number
  /**
   * What is done in each tick. While what it returns is a promise that is not settled, no further tick
   * begins. What it throws or rejects with is logged, once a second at most, and the loop goes on.
   */
  tick(tick: Tick): void | Promise<void>
}

/**
 * Calls a function at a fixed rate. Its turns are due at fixed times after the start, so that the loop
 * does not drift; where it comes too late for several of them, it takes the last one, skips the others
 * and counts them, so that it never falls behind.
 */
export interface TickLoop {
  /** Whether it has ended. */
  readonly stopped: boolean
  /** How many ticks there were. */
  readonly ticks: number
  /** How many turns were left out because the loop came too late for them. */
  readonly skipped: number
  /** How many ticks threw or rejected. */
  readonly failed: number
  /** Ends the loop: no tick begins any more. May be called again, and in a tick. */
  stop(): void
}

export interface TickLoopContext {
  readonly clock: Clock
  readonly log: Logger
  /** The loop has ended. */
  onStop?(): void
}

/** Timers go by whole milliseconds, and may fire that much early. */
const timerGrainMs = 1

const logIntervalMs = 1000

/** The loop of a server. */
export class RunningTickLoop implements TickLoop {
  readonly #tick: TickLoopOptions['tick']
  readonly #context: TickLoopContext
  readonly #interval: number
  readonly #start: number
  #timer: Timer | undefined
  #last: number
  #number = 0
  #quietUntil = Number.NEGATIVE_INFINITY
  #stopped = false
  #ticks = 0
  #skipped = 0
  #failed = 0

  /** Starts the loop: the first tick comes one interval later. Throws `PHX_ERR_OPTION_INVALID`. */
  constructor({ rate, tick }: TickLoopOptions, context: TickLoopContext) {
    const isRate = typeof rate === 'number' && rate >= 0.001 && rate <= 1000
    if (!isRate) throw new InvalidOption('tickLoop.rate', 'must be from 0.001 to 1000 a second')
    if (typeof tick !== 'function') throw new InvalidOption('tickLoop.tick', 'must be a function')
    this.#tick = tick
    this.#context = context
    this.#interval = 1000 / rate
    this.#start = context.clock.now()
    this.#last = this.#start
    this.#wait()
  }

  get stopped(): boolean {
    return this.#stopped
  }

  get ticks(): number {
    return this.#ticks
  }

  get skipped(): number {
    return this.#skipped
  }

  get failed(): number {
    return this.#failed
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#context.onStop?.()
  }

  #wait(): void {
    if (this.#stopped) return
    const { clock } = this.#context
    const due = this.#start + (this.#number + 1) * this.#interval
    this.#timer = clock.setTimeout(() => this.#run(), Math.max(0, due - clock.now()))
    this.#timer.unref()
  }

  #run(): void {
    const now = this.#context.clock.now()
    const elapsed = now - this.#start
    // Of a turn that is as short as the grain, an early timer cannot be told from a late one.
    const early = Math.min(timerGrainMs, this.#interval / 2)
    const number = Math.max(this.#number + 1, Math.floor((elapsed + early) / this.#interval))
    const skipped = number - this.#number - 1
    const tick: Tick = {
      number,
      dt: now - this.#last,
      late: Math.max(0, elapsed - number * this.#interval),
      skipped
    }
    this.#number = number
    this.#last = now
    this.#ticks++
    this.#skipped += skipped
    try {
      const running = this.#tick.call(undefined, tick)
      if (running !== undefined && isThenable(running)) {
        Promise.resolve(running)
          .catch((err: unknown) => this.#fail(err, number))
          .then(() => this.#wait())
        return
      }
    } catch (err) {
      this.#fail(err, number)
    }
    this.#wait()
  }

  #fail(err: unknown, tick: number): void {
    const { clock, log } = this.#context
    this.#failed++
    const now = clock.now()
    // What fails in one tick fails in the next as well, and nobody reads it so often.
    if (now < this.#quietUntil) return
    this.#quietUntil = now + logIntervalMs
    log.error({ err, tick, failed: this.#failed }, 'tick failed')
  }
}
