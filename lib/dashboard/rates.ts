import type { Clock } from '../time/clock.js'

/** Milliseconds over which a rate is taken at the least. */
const leastMs = 900

interface Counting {
  readonly messagesIn: number
  readonly messagesOut: number
}

interface Mark {
  at: number
  messagesIn: number
  messagesOut: number
  readonly rates: { inPerSecond: number; outPerSecond: number }
}

/** How many messages a second there were between two looks at something that counts them. */
export class Rates {
  readonly #clock: Clock
  readonly #marks = new WeakMap<Counting, Mark>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Nothing at the first look. */
  of(counting: Counting): Readonly<Mark['rates']> {
    const now = this.#clock.now()
    const { messagesIn, messagesOut } = counting
    const mark = this.#marks.get(counting)
    if (mark === undefined) {
      const rates = { inPerSecond: 0, outPerSecond: 0 }
      this.#marks.set(counting, { at: now, messagesIn, messagesOut, rates })
      return rates
    }
    const elapsedMs = now - mark.at
    if (elapsedMs < leastMs) return mark.rates
    mark.rates.inPerSecond = perSecond(messagesIn - mark.messagesIn, elapsedMs)
    mark.rates.outPerSecond = perSecond(messagesOut - mark.messagesOut, elapsedMs)
    mark.at = now
    mark.messagesIn = messagesIn
    mark.messagesOut = messagesOut
    return mark.rates
  }
}

const perSecond = (count: number, ms: number): number => Math.round((count * 10_000) / ms) / 10
