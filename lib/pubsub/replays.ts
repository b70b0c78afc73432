import type { KeptMessage } from '../history/store.js'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { sizeOf } from '../util/size-of.js'
import { Delivery } from './delivery.js'

/** Milliseconds after which what nobody has asked for since is forgotten, and at most twice as many. */
const keepMs = 1000

/** Bytes of messages after which it is forgotten earlier. */
const mostBytes = 32 * 1024 * 1024

/** About what one takes beside its text. */
const overhead = 500

/**
 * Broadcasts out of the history, for clients that come back: those who have missed the same message get the same
 * delivery as long as they come at about the same time, so that it is encoded once.
 */
export class Replays {
  readonly #timer: LookTimer
  #young = new Map<KeptMessage, Delivery>()
  #old = new Map<KeptMessage, Delivery>()
  #bytes = 0

  constructor(clock: Clock) {
    this.#timer = new LookTimer(clock, () => this.#age())
  }

  /** How many are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  of(topic: string, messages: readonly KeptMessage[]): Delivery[] {
    const deliveries = messages.map((message) => this.#of(topic, message))
    if (this.#young.size > 0 && !this.#timer.isRunning) this.#timer.start(keepMs)
    return deliveries
  }

  #of(topic: string, message: KeptMessage): Delivery {
    const known = this.#young.get(message)
    if (known !== undefined) return known
    const { event, payload } = message
    const delivery = this.#old.get(message) ?? new Delivery({ topic, event, payload }, undefined, message)
    this.#old.delete(message)
    this.#young.set(message, delivery)
    this.#bytes += overhead + (payload instanceof Uint8Array ? payload.byteLength : sizeOf(payload.text))
    if (this.#bytes > mostBytes) this.#age()
    return delivery
  }

  #age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#bytes = 0
    if (this.#old.size > 0) this.#timer.start(keepMs)
  }
}
