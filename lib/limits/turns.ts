import { type Clock, systemClock } from '../time/clock.js'
import { type Logger, logFailure, silentLogger } from '../util/logger.js'
import { Queue } from '../util/queue.js'

/**
 * Milliseconds of a turn that go into work that takes its time. With one offer in each turn the last of 150
 * at once waited a quarter longer for its peer than with as many as fit into this.
 */
const sliceMs = 4

/** So many small pieces have their turn whatever else it went into. */
const freePieces = 8

/** Turns of the event loop, for those who leave room for others within them. */
export class Turns {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #waiting: (() => void)[] = []
  readonly #later = new Queue<() => void>()
  #current = 1
  #isCounting = false
  #isScheduled = false
  /** When the slice of this turn began, and the turn it was. */
  #sliceStart = 0
  #sliceTurn = 0
  #pieces = 0

  /**
   * @param clock says how long work takes
   * @param log is told what work throws that nobody waits for
   */
  constructor(clock: Clock = systemClock, log: Logger = silentLogger) {
    this.#clock = clock
    this.#log = log
  }

  /** A number that is another one in each turn in which it is asked for; never 0. */
  get current(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      setImmediate(() => {
        this.#isCounting = false
        this.#current++
      })
    }
    return this.#current
  }

  /** How many pieces of work wait for a turn. */
  get length(): number {
    return this.#waiting.length + this.#later.length
  }

  /**
   * Whether the slice of this turn is used up: what goes on from one small piece of work to the next, such as a
   * mailbox, then waits for a {@link later} one. The slice is one for all of them.
   */
  get isSpent(): boolean {
    if (this.#sliceTurn !== this.current) {
      this.#sliceTurn = this.current
      this.#sliceStart = this.#clock.now()
      this.#pieces = 0
    }
    return this.#pieces++ >= freePieces && this.#clock.now() - this.#sliceStart >= sliceMs
  }

  /** Calls back in a later turn, after all that waits for one already. What `work` throws is logged. */
  later(work: () => void): void {
    this.#later.push(work)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#goOn())
  }

  #goOn(): void {
    this.#isScheduled = false
    // A slice of its own, also where others have begun one in this turn.
    this.#sliceTurn = 0
    for (let left = this.#later.length; left > 0 && !this.isSpent; left--) this.#run(this.#later.shift())
    if (this.#later.length > 0) this.#schedule()
  }

  /** The last guard: what fails ends neither the process nor what waits behind it. */
  #run(work: (() => void) | undefined): void {
    try {
      work?.()
    } catch (err) {
      logFailure(this.#log, 'error', { err }, 'work of a later turn failed')
    }
  }

  /**
   * Does work that takes its time, after all that was asked for before, a few milliseconds of it in each
   * turn: in between everybody else is served. Rejects with what `work` throws.
   */
  take<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work())
        } catch (err) {
          reject(err)
        }
      })
      if (this.#waiting.length === 1) setImmediate(() => this.#work())
    })
  }

  #work(): void {
    const end = this.#clock.now() + sliceMs
    do {
      this.#waiting[0]?.()
      // Only now, so that whoever asks meanwhile does not start a second round.
      this.#waiting.shift()
    } while (this.#waiting.length > 0 && this.#clock.now() < end)
    if (this.#waiting.length > 0) setImmediate(() => this.#work())
  }
}
