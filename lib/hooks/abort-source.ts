import { guardedController } from '../guard.js'
import type { Logger } from '../util/logger.js'

/** An AbortController that is only made for those who look at its signal: most hooks never do. */
export class AbortSource {
  readonly #log: Logger
  #controller: AbortController | undefined
  #reason: Error | undefined
  /** Its neighbours among the calls that run; see RunningCalls. */
  older: AbortSource | undefined = undefined
  newer: AbortSource | undefined = undefined

  /** `log` is told of listeners that fail. */
  constructor(log: Logger) {
    this.#log = log
  }

  get aborted(): boolean {
    return this.#reason !== undefined
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = guardedController(this.#log)
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Aborts with `reason`, which must be an error; only the first one counts. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}
