import { guardedController } from '../guard.js'
import type { Logger } from '../util/logger.js'
import type { Unanswered } from './running-calls.js'

/** An AbortController that is only made for those who look at its signal: most hooks never do. */
export class AbortSource implements Unanswered {
  readonly #log: Logger
  /** Of a call that goes on when its caller goes away: its key, with which that comes back. */
  readonly key: string | undefined
  /** Memory that its arguments take. */
  readonly bytes: number
  #controller: AbortController | undefined
  #reason: Error | undefined
  /** Its neighbours among the calls that run; see RunningCalls. */
  older: Unanswered | undefined = undefined
  newer: Unanswered | undefined = undefined

  /** `log` is told of listeners that fail. */
  constructor(log: Logger, bytes = 0, key?: string) {
    this.#log = log
    this.bytes = bytes
    this.key = key
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

  /** The caller went away. */
  callerGone(reason: Error): void {
    if (this.key === undefined) this.abort(reason)
  }

  /** Aborts with `reason`, which must be an error; only the first one counts. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}
