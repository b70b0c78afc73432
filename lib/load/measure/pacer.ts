import type { Clock, Timer } from '../../time/clock.js'

export interface PacerOptions {
  readonly clock: Clock
  /** How many a second. */
  readonly rate: number
  /** For how long. */
  readonly durationMs: number
}

/** Milliseconds between two looks at what is due. */
const tickMs = 1

/**
 * Starts `rate` things a second at times that are fixed in advance, whether those before have come to
 * an end or not (an open loop). Each is told when it was meant to start: who counts from there sees the
 * wait behind a server, or a generator, that stood still, which a closed loop hides ("coordinated
 * omission").
 */
export class Pacer {
  readonly #options: PacerOptions
  #timer: Timer | undefined
  #finish: (() => void) | undefined

  constructor(options: PacerOptions) {
    this.#options = options
  }

  /** Calls `start` with the time that was meant, on the clock's `now()`. Resolves when the time is up. */
  run(start: (intendedAt: number) => void): Promise<void> {
    const { clock, rate, durationMs } = this.#options
    const began = clock.now()
    const total = Math.max(1, Math.round((rate * durationMs) / 1000))
    const intervalMs = 1000 / rate
    let started = 0
    return new Promise((resolve) => {
      this.#finish = resolve
      const tick = (): void => {
        const due = Math.min(total, Math.floor((clock.now() - began) / intervalMs) + 1)
        while (started < due) start(began + started++ * intervalMs)
        if (started === total && clock.now() - began >= durationMs) return this.stop()
        this.#timer = clock.setTimeout(tick, tickMs)
      }
      tick()
    })
  }

  /** Starts nothing more, and lets `run` resolve. */
  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#finish?.()
    this.#finish = undefined
  }
}

/** Starts what a load has to, until its time is up or it is ended. */
export async function paced(
  options: PacerOptions & { readonly signal: AbortSignal },
  start: (intendedAt: number) => void
): Promise<void> {
  const { signal } = options
  if (signal.aborted) return
  const pacer = new Pacer(options)
  const stop = (): void => pacer.stop()
  signal.addEventListener('abort', stop, { once: true })
  await pacer.run(start)
  signal.removeEventListener('abort', stop)
}
