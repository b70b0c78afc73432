import { guard } from '../guard.js'
import type { Logger } from '../util/logger.js'

/** Gets what a node said: its own words do not come back to it. The bytes are a view, see `ClusterSink`. */
export type SignalHandler = (from: string, body: Uint8Array) => void

/** What nodes tell each other, by name: each signal belongs to one room, which alone understands its bytes. */
export class Signals {
  readonly #handlers = new Map<string, SignalHandler>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  /** Hears a signal from now on, until the result is called. A signal has one handler. */
  on(name: string, handler: SignalHandler): () => void {
    if (this.#handlers.has(name)) throw new Error(`the signal ${name} is heard already`)
    const guarded = guard(this.#log, `a signal ${name} of another node could not be handled`, handler)
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
