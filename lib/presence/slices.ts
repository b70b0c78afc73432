import { type Logger, logFailure } from '../util/logger.js'

/**
 * Work that is done in order, and in slices: however much there is of it, the event loop does not stand still. What
 * is little is done at once.
 */
export class Slices {
  readonly #log: Logger
  /** Steps that are done in one turn of the event loop. */
  readonly #stepsATurn: number
  readonly #work: Iterator<void>[] = []
  #isScheduled = false

  constructor(log: Logger, stepsATurn: number) {
    this.#log = log
    this.#stepsATurn = stepsATurn
  }

  /** Does one step for each value that the work yields, after all that was added before. */
  add(work: Iterator<void>): void {
    this.#work.push(work)
    if (!this.#isScheduled) this.#run()
  }

  #run(): void {
    let steps = 0
    for (let work = this.#work[0]; work !== undefined; work = this.#work[0]) {
      if (steps++ >= this.#stepsATurn) return this.#schedule()
      if (this.#isDone(work)) this.#work.shift()
    }
  }

  /** What fails ends, and the rest goes on. */
  #isDone(work: Iterator<void>): boolean {
    try {
      return work.next().done === true
    } catch (err) {
      logFailure(this.#log, 'error', { err }, 'presences of other nodes could not be applied')
      return true
    }
  }

  #schedule(): void {
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#run()
    })
  }
}
