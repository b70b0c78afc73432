import type { Clock, Timer } from '../time/clock.js'

/** What its client has left, and which still works off what that client had sent. */
export interface Speaker {
  /** Its time is over: what has not begun is not done any more. */
  cutShort(): void
}

/** The closed sockets of a mount that still work off what their clients had sent, each within its time. */
export class LastWords {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #speakers = new Map<Speaker, Timer>()
  #whenIdle: (() => void)[] = []
  #isOver = false

  /** `limitMs` is how long each may take, in milliseconds. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
  }

  get size(): number {
    return this.#speakers.size
  }

  add(speaker: Speaker): void {
    if (this.#speakers.has(speaker)) return
    if (this.#isOver) return speaker.cutShort()
    const timer = this.#clock.setTimeout(() => this.#cutShort(speaker), this.#limitMs)
    timer.unref()
    this.#speakers.set(speaker, timer)
  }

  /** It is through. */
  delete(speaker: Speaker): void {
    const timer = this.#speakers.get(speaker)
    if (timer === undefined) return
    this.#clock.clearTimeout(timer)
    this.#speakers.delete(speaker)
    if (this.#speakers.size > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** Resolves when all are through, those included that come meanwhile. */
  async idle(): Promise<void> {
    if (this.#speakers.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve)
    })
  }

  /** Cuts all of them short, and whoever comes from now on. */
  end(): void {
    this.#isOver = true
    for (const speaker of [...this.#speakers.keys()]) this.#cutShort(speaker)
  }

  #cutShort(speaker: Speaker): void {
    this.delete(speaker)
    speaker.cutShort()
  }
}
