import { type Clock, systemClock, type Timer } from '../time/clock.js'
import { LoadClients } from './clients.js'
import type { LoadConfig } from './command-line.js'
import { LoadNotConnected } from './errors.js'
import { Pacer } from './pacer.js'
import type { LoadReport } from './report.js'
import { Tally } from './tally.js'

/** How far a load is, for who shows it. */
export interface LoadProgress {
  readonly phase: 'connecting' | 'calling' | 'waiting'
  readonly clients: LoadClients
  readonly tally: Tally
}

export interface LoadRun {
  /** Ends the load early. */
  readonly signal: AbortSignal
  /** Called at every change of the phase, and every `progressMs` in between. */
  readonly onProgress?: (progress: LoadProgress) => void
  readonly clock?: Clock
}

const progressMs = 250
const pingMs = 20_000

/** How long the answers to the last calls may take. */
const answerLimitMs = 10_000

/**
 * Connects the clients, calls the hook at the rate, waits for the last answers, and closes everything.
 *
 * @throws PHX_ERR_LOAD_NOT_CONNECTED when no client could connect.
 * @throws PHX_ERR_WEBRTC_UNAVAILABLE when DataChannels are asked for and their library cannot be loaded.
 */
export async function runLoad(config: LoadConfig, options: LoadRun): Promise<LoadReport> {
  const { signal, onProgress = () => {}, clock = systemClock } = options
  const date = new Date(clock.date()).toISOString()
  const clients = new LoadClients(config, clock)
  const tally = new Tally()
  let phase: LoadProgress['phase'] = 'connecting'
  const show = (): void => onProgress({ phase, clients, tally })
  const enter = (next: LoadProgress['phase']): void => {
    phase = next
    show()
  }
  const stops = [every(clock, progressMs, show), every(clock, pingMs, () => clients.ping())]
  try {
    enter('connecting')
    await clients.connect(signal)
    if (clients.connected === 0 && !signal.aborted) {
      throw new LoadNotConnected(config.urls.join(', '), Object.keys(clients.errors.toObject()).join('; '))
    }
    enter('calling')
    const calls = new Calls(clients, tally, clock)
    const began = clock.now()
    await calls.send(config, signal)
    const seconds = (clock.now() - began) / 1000
    enter('waiting')
    await calls.answered(signal)
    const answeredSeconds = Math.max(seconds, (calls.lastAnswerAt - began) / 1000)
    return report(config, { date, seconds, answeredSeconds, clients, tally, interrupted: signal.aborted })
  } finally {
    for (const stop of stops) stop()
    await clients.close()
  }
}

/** The calls of one load. */
class Calls {
  readonly #clients: LoadClients
  readonly #tally: Tally
  readonly #clock: Clock
  #onAnswered: (() => void) | undefined
  /** When the last answer came, whatever it was. */
  lastAnswerAt = 0

  constructor(clients: LoadClients, tally: Tally, clock: Clock) {
    this.#clients = clients
    this.#tally = tally
    this.#clock = clock
  }

  async send({ rate, durationMs }: LoadConfig, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const pacer = new Pacer({ clock: this.#clock, rate, durationMs })
    const stop = (): void => pacer.stop()
    signal.addEventListener('abort', stop, { once: true })
    await pacer.run((intendedAt) => this.#call(intendedAt))
    signal.removeEventListener('abort', stop)
  }

  /** Resolves when every call was answered, when that takes too long, or when nobody waits any more. */
  async answered(signal: AbortSignal): Promise<void> {
    if (this.#tally.open === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(resolve, answerLimitMs)
      signal.addEventListener('abort', () => resolve(), { once: true })
      this.#onAnswered = () => {
        if (this.#tally.open > 0) return
        this.#clock.clearTimeout(timer)
        resolve()
      }
    })
  }

  #call(intendedAt: number): void {
    const tally = this.#tally
    tally.sent++
    const caller = this.#clients.take()
    if (caller === undefined) return tally.errors.add('not_connected')
    caller.call((failure) => {
      this.lastAnswerAt = this.#clock.now()
      if (failure === undefined) tally.succeeded(this.lastAnswerAt - intendedAt)
      else tally.errors.add(failure)
      this.#onAnswered?.()
    })
  }
}

interface Ended {
  readonly date: string
  readonly seconds: number
  /** From the first call to the last answer: a server that lags behind has not kept the rate. */
  readonly answeredSeconds: number
  readonly clients: LoadClients
  readonly tally: Tally
  readonly interrupted: boolean
}

function report(config: LoadConfig, ended: Ended): LoadReport {
  const { urls, transport, call, rate } = config
  const { date, seconds, answeredSeconds, clients, tally, interrupted } = ended
  const { sent, answered, open } = tally
  return {
    urls,
    transport,
    hook: `${call.hookPlugin}.${call.fn}`,
    date,
    clients: { asked: config.clients, connected: clients.connected, lost: clients.lost },
    connectErrors: clients.errors.toObject(),
    rate: { asked: rate, reached: answeredSeconds > 0 ? answered / answeredSeconds : 0 },
    seconds,
    calls: { sent, answered, unanswered: open },
    errors: tally.errors.toObject(),
    latencyMs: tally.latency,
    interrupted
  }
}

/** Calls back again and again, until the function that it returns is called. */
function every(clock: Clock, ms: number, callback: () => void): () => void {
  let timer: Timer
  const arm = (): void => {
    timer = clock.setTimeout(() => {
      callback()
      arm()
    }, ms)
  }
  arm()
  return () => clock.clearTimeout(timer)
}
