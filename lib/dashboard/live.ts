import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { type Logger, logFailure } from '../util/logger.js'
import type { Read } from './pages.js'

/** Milliseconds between two looks at the least. */
const shortestMs = 1_000

/** A look costs a node at most such a part of its one thread: those that cost more come less often. */
const restPerCost = 250

export interface LiveOptions<Body> {
  readonly clock: Clock
  readonly log: Logger
  read(): Promise<Read<Body>>
  /** Gets what has changed, as JSON. */
  push(text: string): void
}

/** One view of one page: looks again and again, and tells what has changed. */
export class Live<Body extends object> {
  readonly #options: LiveOptions<Body>
  readonly #timer: LookTimer
  #shown: string | undefined
  /** Changes with what is looked for: what was found of something else is not shown any more. */
  #turn = 0
  #isOver = false

  constructor(options: LiveOptions<Body>) {
    this.#options = options
    this.#timer = new LookTimer(options.clock, () => void this.#again())
  }

  /** Looks now, in place of when it would have, and resolves with what was found. Rejects as `read` does. */
  async look(): Promise<Body> {
    const turn = ++this.#turn
    this.#timer.stop()
    let costMs = 0
    try {
      const { body, costMs: took } = await this.#options.read()
      costMs = took
      if (turn === this.#turn) this.#shown = JSON.stringify(body)
      return body
    } finally {
      if (turn === this.#turn) this.#wait(costMs)
    }
  }

  end(): void {
    this.#isOver = true
    this.#turn++
    this.#timer.stop()
  }

  #wait(costMs: number): void {
    if (!this.#isOver) this.#timer.start(Math.max(shortestMs, costMs * restPerCost))
  }

  async #again(): Promise<void> {
    const turn = this.#turn
    const { log, read, push } = this.#options
    let costMs = 0
    try {
      const { body, costMs: took } = await read()
      costMs = took
      if (turn !== this.#turn) return
      const text = JSON.stringify(body)
      if (text !== this.#shown) push(text)
      this.#shown = text
    } catch (err) {
      logFailure(log, 'error', { err }, 'a view of the dashboard could not be read')
    }
    if (turn === this.#turn) this.#wait(costMs)
  }
}
