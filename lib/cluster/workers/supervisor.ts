import cluster, { type Address, type Worker } from 'node:cluster'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidOption, WorkerEnded } from '../../errors.js'
import { type Logger, silentLogger } from '../../util/logger.js'
import { type BackOffOptions, backOff } from '../back-off.js'
import { Departing } from './departing.js'
import { startHub, type WorkersHub } from './hub.js'
import { relaySiblings } from './sibling-relay.js'
import { workerNumberVariable } from './worker-number.js'

/** How workers are supervised. */
export interface SuperviseOptions {
  /** How many; `auto` is one for each core. Default: `auto`. */
  workers?: number | 'auto'
  /** The program that workers run. Default: that of this process. */
  exec?: string
  /** Its arguments. Default: those of this process. */
  args?: readonly string[]
  /** What else a worker has in its environment, by its number. */
  env?: (worker: number) => Record<string, string>
  /** How long a worker may take until it listens. Default: 30,000 ms. */
  startMs?: number
  /** Milliseconds by which a stop has ended; workers that still drain are killed then. Default: 30,000. */
  shutdownMs?: number
  /**
   * Milliseconds from the signal that ends all, from which on the workers are not ready, to the first of them that is
   * drained: load balancers find out meanwhile, and everything is served. Not when workers are replaced. Default: 0.
   */
  delayMs?: number | (() => number)
  /** How long to wait before a worker that crashed is started again: longer each time. Default: 100 to 30,000 ms. */
  restart?: Partial<BackOffOptions> & {
    /** After having listened for so long, a crash counts as the first. Default: 60,000 ms. */
    steadyMs?: number
  }
  log?: Logger
}

/** One of the places for workers, and who has it. */
interface Seat {
  worker: Worker | undefined
  /** While another one starts here; then nobody else starts one. */
  filling: Promise<void> | undefined
  crashes: number
  retry: NodeJS.Timeout | undefined
}

/** Milliseconds for clients to give up the connections that they keep, and as many to ask over those just made. */
const retireMs = 500

const restartDefaults = { minMs: 100, maxMs: 30_000, steadyMs: 60_000 }

/** The workers, as whoever supervises them has them. */
export interface WorkersSupervisor {
  /** The port that the workers share. Where they asked for any, it is another one after all have crashed at once. */
  readonly port: number | undefined
  /** Resolves when all workers have ended after {@link stop}. */
  readonly ended: Promise<void>
  /** Replaces all workers, one after the other: each is drained when the one in its place listens. */
  roll(): Promise<void>
  /** Drains the workers one by one, and closes the hub. */
  stop(): Promise<void>
}

/** Starts workers, starts those anew that crash, and ends or replaces them one by one. */
class Supervisor implements WorkersSupervisor {
  readonly ended: Promise<void>
  port: number | undefined
  readonly #options: SuperviseOptions
  readonly #hub: WorkersHub
  readonly #log: Logger
  readonly #seats: Seat[]
  readonly #numbers = new Map<Worker, number>()
  #resolveEnded: () => void = () => {}
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #rolling: Promise<void> | undefined
  #rollAgain = false

  constructor(count: number, options: SuperviseOptions, hub: WorkersHub) {
    const { exec, args, log } = options
    this.#options = options
    this.#hub = hub
    this.#log = log ?? silentLogger
    this.#seats = Array.from({ length: count }, () => ({
      worker: undefined,
      filling: undefined,
      crashes: 0,
      retry: undefined
    }))
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    cluster.setupPrimary({
      ...(exec !== undefined && { exec }),
      ...(args !== undefined && { args: [...args] })
    })
  }

  /** Starts all: the first one alone, so that what is wrong with the program is said once. */
  start(): Promise<void> {
    this.ended.then(relaySiblings(this.#numbers))
    this.#starting = this.#startAll()
    return this.#starting
  }

  async #startAll(): Promise<void> {
    const [first, ...others] = this.#seats
    try {
      await this.#fill(first as Seat)
      if (this.#stopping === undefined) await Promise.all(others.map((seat) => this.#fill(seat)))
    } catch (err) {
      // Who is told to stop while it starts has not failed.
      if (this.#stopping !== undefined) return
      for (const worker of this.#numbers.keys()) worker.process.kill('SIGKILL')
      await this.stop()
      throw err
    }
  }

  roll(): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping
    this.#rollAgain = this.#rolling !== undefined
    this.#rolling ??= this.#rollAll().finally(() => {
      this.#rolling = undefined
    })
    return this.#rolling
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #rollAll(): Promise<void> {
    await this.#starting?.catch(() => {})
    do {
      this.#rollAgain = false
      for (const seat of this.#seats) {
        // One that crashed may be on its way to be replaced.
        await seat.filling?.catch(() => {})
        if (this.#stopping !== undefined) return
        const old = seat.worker
        try {
          await this.#fill(seat)
        } catch (err) {
          if (this.#stopping !== undefined) return
          this.#log.error({ err }, 'the roll has ended: the workers that are there stay')
          if (seat.worker === undefined) this.#again(seat, () => err as Error)
          return
        }
        if (old !== undefined) await this.#retire(old)
      }
    } while (this.#rollAgain)
  }

  async #stopAll(): Promise<void> {
    const { shutdownMs = 30_000, delayMs = 0 } = this.#options
    for (const seat of this.#seats) clearTimeout(seat.retry)
    const workers = [...this.#numbers.keys()]
    for (const worker of workers) if (worker.isConnected()) worker.send(Departing.all)
    const deadline = setTimeout(() => {
      for (const worker of this.#numbers.keys()) worker.process.kill('SIGKILL')
    }, shutdownMs)
    await sleep(typeof delayMs === 'function' ? delayMs() : delayMs)
    const drained: Promise<void>[] = []
    for (const worker of workers) {
      const done = this.#drain(worker, shutdownMs)
      drained.push(done)
      // Each has its part of the time before the next one begins.
      await Promise.race([done, sleep(shutdownMs / workers.length, undefined, { ref: false })])
    }
    await Promise.all(drained)
    clearTimeout(deadline)
    await this.#hub.close()
    this.#resolveEnded()
  }

  /** Puts a new worker into a place; resolves when it listens. */
  #fill(seat: Seat): Promise<void> {
    clearTimeout(seat.retry)
    seat.filling = this.#startOne(seat).finally(() => {
      seat.filling = undefined
    })
    return seat.filling
  }

  async #startOne(seat: Seat): Promise<void> {
    const number = this.#freeNumber()
    const env = { ...this.#options.env?.(number), ...this.#hub.env }
    const worker = cluster.fork({ ...env, [workerNumberVariable]: `${number}` })
    this.#numbers.set(worker, number)
    let listening = false
    let steady: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => worker.process.kill('SIGKILL'), this.#options.startMs ?? 30_000)
      worker.once('listening', ({ port }: Address) => {
        clearTimeout(late)
        listening = true
        if (port > 0) this.port ??= port
        seat.worker = worker
        const { steadyMs = restartDefaults.steadyMs } = this.#options.restart ?? {}
        steady = setTimeout(() => {
          seat.crashes = 0
        }, steadyMs).unref()
        this.#log.info({ worker: number, pid: worker.process.pid }, 'a worker listens')
        resolve()
      })
      worker.on('error', (err: Error) => {
        // `exit` follows where a message came too late for it, and not where there never was a process.
        if (worker.process.pid === undefined && this.#numbers.delete(worker)) clearTimeout(late)
        reject(err)
      })
      worker.once('exit', (code: number | null, signal: string | null) => {
        clearTimeout(late)
        clearTimeout(steady)
        this.#numbers.delete(worker)
        const how = signal ?? `status ${code}`
        if (!listening) reject(new WorkerEnded(number, how, ' before it listened'))
        else if (seat.worker === worker) this.#crashed(seat, number, how)
      })
    })
  }

  #crashed(seat: Seat, number: number, how: string): void {
    seat.worker = undefined
    if (this.#stopping === undefined) this.#again(seat, (next) => new WorkerEnded(number, how, next))
  }

  /** Fills a place after a while, and again when that fails. */
  #again(seat: Seat, problem: (next: string) => Error): void {
    const { minMs = restartDefaults.minMs, maxMs = restartDefaults.maxMs } = this.#options.restart ?? {}
    const waitMs = backOff(seat.crashes++, { minMs, maxMs })
    this.#log.error({ err: problem(`; another one is started in ${waitMs} ms`) }, 'a worker ended')
    clearTimeout(seat.retry)
    seat.retry = setTimeout(() => {
      // A roll may have filled it, or be about to: it tries again where it fails.
      if (seat.worker !== undefined || seat.filling !== undefined || this.#stopping !== undefined) return
      this.#fill(seat).catch((err: Error) => {
        if (this.#stopping === undefined && seat.worker === undefined) this.#again(seat, () => err)
      })
    }, waitMs)
  }

  /** Keeps no connection from here on, then gets no more, then is drained: nobody's request meets a closed door. */
  async #retire(worker: Worker): Promise<void> {
    if (worker.isConnected()) {
      worker.send(Departing.one)
      await sleep(retireMs)
      worker.disconnect()
      await sleep(retireMs)
    }
    await this.#drain(worker, this.#options.shutdownMs ?? 30_000)
  }

  async #drain(worker: Worker, killMs: number): Promise<void> {
    if (!this.#numbers.has(worker)) return
    const seat = this.#seats.find((each) => each.worker === worker)
    if (seat !== undefined) seat.worker = undefined
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    // New connections go to the others from here on; what it has goes on.
    if (worker.isConnected()) worker.disconnect()
    worker.process.kill('SIGTERM')
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), killMs)
    await ended
    clearTimeout(timer)
  }

  /** The lowest that no process has: there is one more of them than workers, for the time of a roll. */
  #freeNumber(): number {
    const taken = new Set(this.#numbers.values())
    let number = 0
    while (taken.has(number)) number++
    return number
  }
}

/**
 * Runs this process as the primary of workers that share a port: starts a hub and the workers, and starts anew those
 * that crash. SIGTERM and SIGINT drain the workers one by one, SIGHUP replaces them one by one. A worker drains at
 * SIGTERM, which is up to its program. Resolves when all listen.
 *
 * @throws PHX_ERR_CLUSTER_WORKER_ENDED when a worker ends before it listens.
 * @throws PHX_ERR_OPTION_INVALID for a number of workers that is none.
 */
export async function supervise(options: SuperviseOptions = {}): Promise<WorkersSupervisor> {
  const { workers = 'auto' } = options
  const count = workers === 'auto' ? availableParallelism() : workers
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidOption('workers', "must be a whole number from 1, or 'auto'")
  const hub = await startHub(options.log === undefined ? {} : { log: options.log })
  const supervisor = new Supervisor(count, options, hub)
  const stop = (): void => void supervisor.stop()
  const roll = (): void => void supervisor.roll()
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', roll)
  supervisor.ended.then(() => process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', roll))
  await supervisor.start()
  return supervisor
}
