import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'

/** What is watched for silence. */
export interface Watched {
  /** When something last came from it, on the clock of the watch. */
  readonly lastActivity: number
  /** It was silent for too long; it is not watched any more. */
  timedOut(): void
}

/** A look that is later by more than this comes after the process stood still: a busy one is late all the time. */
const standstillMs = 500

/** The watch looks no more often than this part of the time-out. */
const looksPerTimeout = 16

/**
 * Finds the connections from which nothing has come for too long. One timer watches all of them, in place
 * of one for each with its closure. Where thousands are watched, silence is therefore found up to a
 * sixteenth of the time-out late. A process that stood still reads first what has come meanwhile.
 */
export class IdleWatch {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #watched = new Set<Watched>()
  readonly #timer: LookTimer

  /** `timeoutMs` is how long one may be silent, in milliseconds; 0 is for ever. */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#timer = new LookTimer(clock, (lateMs) => this.#look(lateMs))
  }

  /** Begins to watch what has just been active. */
  add(watched: Watched): void {
    if (this.#timeoutMs === 0) return
    this.#watched.add(watched)
    if (!this.#timer.isRunning) this.#timer.start(this.#timeoutMs)
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched)
    if (this.#watched.size === 0) this.#timer.stop()
  }

  #look(lateMs: number): void {
    const now = this.#clock.now()
    const stepMs = this.#timeoutMs / looksPerTimeout
    if (lateMs > Math.max(stepMs, standstillMs)) return this.#timer.start(stepMs)
    let oldest = now
    try {
      for (const watched of this.#watched) {
        const { lastActivity } = watched
        if (lastActivity + this.#timeoutMs > now) {
          if (lastActivity < oldest) oldest = lastActivity
        } else {
          this.#watched.delete(watched)
          watched.timedOut()
        }
      }
    } finally {
      // Also where one failed: it must not hide the others. One that was added meanwhile has set a timer.
      if (this.#watched.size > 0) this.#timer.start(Math.max(oldest + this.#timeoutMs - now, stepMs))
    }
  }
}
