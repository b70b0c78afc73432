import { guard } from '../guard.js'
import { QuietLine } from '../log/quiet-line.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'

const problem = 'a signal of another node could not be handled'

/** Gets what a node said: its own words do not come back to it. The bytes are a view, see `ClusterSink`. */
export type SignalHandler = (from: string, body: Uint8Array) => unknown

/** What nodes tell each other, by name: each signal belongs to one room, which alone understands its bytes. */
export class Signals {
  readonly #handlers = new Map<string, SignalHandler>()
  readonly #clock: Clock
  readonly #log: Logger

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** Hears a signal from now on, until the result is called. A signal has one handler; what fails in it is logged. */
  on(name: string, handler: SignalHandler): () => void {
    if (this.#handlers.has(name)) throw new Error(`the signal ${name} is heard already`)
    const failed = new QuietLine(this.#clock, (details) =>
      this.#log.error({ signal: name, ...details }, problem)
    )
    const guarded = guard(this.#log, problem, handler, (err) => failed.add({ err }))
    this.#handlers.set(name, guarded)
    return () => {
      if (this.#handlers.get(name) === guarded) this.#handlers.delete(name)
    }
  }

  /** Hands a signal to who hears it; false where nobody does. Never throws. */
  deliver(name: string, from: string, body: Uint8Array): boolean {
    const handler = this.#handlers.get(name)
    handler?.(from, body)
    return handler !== undefined
  }
}
