import { type Clock, systemClock, type Timer } from '../time/clock.js'
import type { Crowd } from './clients/clients.js'
import { Connector } from './clients/connector.js'
import type { LoadConfig } from './command-line.js'
import { fileLimit, mayOpen } from './measure/file-limit.js'
import { Tally } from './measure/tally.js'
import { LoadNotConnected, LoadOptionInvalid } from './options/errors.js'
import { type LoadReport, reportOf } from './report.js'
import { scenarios } from './scenarios/kinds.js'

/** How far a load is, for who shows it. */
export interface LoadProgress {
  readonly phase: 'connecting' | 'running' | 'waiting'
  readonly crowd: Crowd
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

/** How long what was begun last may take. */
const settleLimitMs = 10_000

/** The same of a load that was ended early. */
const interruptedLimitMs = 2_000

/** Files and sockets of the process itself. */
const ownFiles = 100

/**
 * Brings the clients, does what the scenario is about for as long as asked, waits for what comes of the last of it,
 * and closes everything.
 *
 * @throws PHX_ERR_LOAD_NOT_CONNECTED when no client could connect.
 * @throws PHX_ERR_LOAD_OPTION when this process may not open as many sockets.
 * @throws PHX_ERR_WEBRTC_UNAVAILABLE when DataChannels are asked for and their library cannot be loaded.
 */
export async function runLoad(config: LoadConfig, options: LoadRun): Promise<LoadReport> {
  const { signal, onProgress = () => {}, clock = systemClock } = options
  demandFiles(config)
  const date = new Date(clock.date()).toISOString()
  const tally = new Tally(clock, config.intervalMs)
  const connector = new Connector(config, clock, tally)
  const scenario = config.plan.open({ size: config, signal, clock, connector, tally })
  const { crowd } = scenario
  let phase: LoadProgress['phase'] = 'connecting'
  const show = (): void => onProgress({ phase, crowd, tally })
  const enter = (next: LoadProgress['phase']): void => {
    phase = next
    show()
  }
  const ping = (): void => {
    if (!scenario.staysConnected) crowd.ping()
  }
  const stops = [every(clock, progressMs, show), every(clock, pingMs, ping)]
  try {
    enter('connecting')
    await scenario.prepare()
    if (crowd.connected === 0 && !signal.aborted) {
      throw new LoadNotConnected(config.urls.join(', '), Object.keys(crowd.errors.toObject()).join('; '))
    }
    const began = clock.now()
    tally.begin(scenarios[config.scenario].comeAgain)
    enter('running')
    await scenario.run()
    const seconds = (clock.now() - began) / 1000
    enter('waiting')
    await settled(tally, clock, signal)
    const answeredSeconds = Math.max(seconds, (tally.lastAt - began) / 1000)
    return reportOf(config, { date, seconds, answeredSeconds, crowd, tally, interrupted: signal.aborted })
  } finally {
    for (const stop of stops) stop()
    await crowd.close()
  }
}

/** Resolves when nothing is open any more, when that takes too long, or when it is ended while it waits. */
async function settled(tally: Tally, clock: Clock, signal: AbortSignal): Promise<void> {
  if (tally.open === 0) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimeout(end, signal.aborted ? interruptedLimitMs : settleLimitMs)
    signal.addEventListener('abort', end, { once: true })
    tally.onSettled = end
  })
}

function demandFiles({ clients, plan }: LoadConfig): void {
  const files = clients * plan.filesEach + ownFiles
  if (mayOpen(files)) return
  const problem = `needs ${files} open files, and this process may have ${fileLimit()}: see ulimit -n`
  throw new LoadOptionInvalid('--clients', problem)
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
