import { Attempts, interrupted } from '../clients/attempts.js'
import type { Crowd } from '../clients/clients.js'
import { inParallel } from '../clients/in-parallel.js'
import type { PhoenixConnection } from '../clients/phoenix-connection.js'
import { Reasons } from '../measure/reasons.js'
import { pauseRange, rateRange } from '../options/ranges.js'
import { forOne, type RoomOptions, readRoomOptions, roomOptions, topicOf } from './rooms.js'
import { atRate, type Scenario, type ScenarioContext, type ScenarioKind } from './scenario.js'

interface JoinsOptions extends RoomOptions {
  /** Arrivals a second; undefined for all at once. */
  readonly rate: number | undefined
  /** For how long a client stays, and all of them when they come at once. */
  readonly stayMs: number
}

/** Milliseconds until the next wave where nobody has come with the last. */
const pauseMs = 1000

/** Clients that connect and join, stay, leave and come again: one by one at a rate, or all in waves. */
export const joins: ScenarioKind = {
  operations: 'joins',
  options: ['rate', 'stay', ...roomOptions],
  duration: 10,
  latencies: ['connect', 'join'],
  isHeard: false,
  comeAgain: true,
  plan(flags, common) {
    const rate = flags.given('rate') === undefined ? undefined : flags.number('rate', 0, rateRange)
    const stay = flags.number('stay', 1, pauseRange)
    const rooms = readRoomOptions(flags, common, forOne)
    return {
      title: rate === undefined ? 'joins of all clients at once' : 'joins of clients one by one',
      settings: { ...rooms, staySeconds: stay },
      rate: rate ?? null,
      filesEach: 1,
      open: (context) => new JoinsScenario({ ...rooms, rate, stayMs: stay * 1000 }, context)
    }
  }
}

/** Who has ever come, and what became of them. */
class Comers implements Crowd {
  readonly attempts: Attempts
  readonly numbers = new Set<number>()
  /** Those who are here, and have been lost or not. */
  readonly here = new Set<PhoenixConnection>()
  readonly errors = new Reasons()
  /** Of those who had been lost when it was time to leave. */
  readonly #gone: string[] = []

  constructor(attempts: Attempts) {
    this.attempts = attempts
  }

  get connected(): number {
    return this.numbers.size
  }

  get lost(): number {
    return this.lostReasons.total
  }

  get lostReasons(): Reasons {
    const reasons = new Reasons()
    for (const reason of this.#gone) reasons.add(reason)
    for (const { lostReason } of this.here) if (lostReason !== undefined) reasons.add(lostReason)
    return reasons
  }

  come(n: number, connection: PhoenixConnection): void {
    this.numbers.add(n)
    this.here.add(connection)
  }

  leave(connection: PhoenixConnection): void {
    this.here.delete(connection)
    if (connection.lostReason !== undefined) this.#gone.push(connection.lostReason)
  }

  ping(): void {
    for (const connection of this.here) connection.ping()
  }

  async close(): Promise<void> {
    this.attempts.end()
    await Promise.all([...this.here].map((connection) => connection.close()))
  }
}

class JoinsScenario implements Scenario {
  readonly #options: JoinsOptions
  readonly #context: ScenarioContext
  /** Numbers of those who are away, the longest of them first. */
  readonly #away: number[]
  readonly crowd: Comers

  constructor(options: JoinsOptions, context: ScenarioContext) {
    this.#options = options
    this.#context = context
    this.crowd = new Comers(new Attempts(context.clock, context.signal))
    this.#away = Array.from({ length: context.size.clients }, (_, index) => index + 1)
  }

  /** One comes and leaves ahead: a topic that cannot be joined is one reason to end, and not ten thousand. */
  async prepare(): Promise<void> {
    const { connector, size } = this.#context
    const n = this.#away.shift() as number
    const result = await this.crowd.attempts.try((attempt) => this.#come(n, attempt))
    if ('failure' in result) return this.crowd.errors.add(result.failure)
    await this.#leave(n, result.opened)
    // Who has no token in the end is counted when it comes.
    await inParallel(size.clients, (index) =>
      this.crowd.attempts.try((attempt) => connector.token(index + 1, attempt))
    )
  }

  async run(): Promise<void> {
    const { rate } = this.#options
    if (rate === undefined) return this.#inWaves()
    await atRate(this.#context, rate, (meantAt) => {
      void this.#oneByOne(meantAt)
    })
  }

  async #inWaves(): Promise<void> {
    const { clock, size, signal } = this.#context
    const end = clock.now() + size.durationMs
    while (clock.now() < end && !signal.aborted) {
      const meantAt = clock.now()
      const wave = this.#away.splice(0).map(async (n) => ({ n, came: await this.#arrive(n, meantAt) }))
      const comers = await Promise.all(wave)
      const hasCome = comers.some(({ came }) => came !== undefined)
      await this.crowd.attempts.until(clock.now() + (hasCome ? this.#options.stayMs : pauseMs))
      await Promise.all(comers.map(({ n, came }) => this.#leave(n, came)))
    }
  }

  async #oneByOne(meantAt: number): Promise<void> {
    const { clock, tally } = this.#context
    const n = this.#away.shift()
    if (n === undefined) {
      tally.sent++
      return tally.failed('no_client_away')
    }
    const came = await this.#arrive(n, meantAt)
    if (came !== undefined) await this.crowd.attempts.until(clock.now() + this.#options.stayMs)
    await this.#leave(n, came)
  }

  /** Undefined where it could not come. */
  async #arrive(n: number, meantAt: number): Promise<PhoenixConnection | undefined> {
    const { tally } = this.#context
    tally.sent++
    const result = await this.crowd.attempts.try((signal) => this.#come(n, signal))
    if ('opened' in result) {
      tally.succeeded(meantAt)
      return result.opened
    }
    // Nothing has come of it, which is no fault of the server.
    if (result.failure !== interrupted) tally.failed(result.failure)
    return undefined
  }

  #come(n: number, signal: AbortSignal): Promise<PhoenixConnection> {
    const { connector } = this.#context
    const { joinParams } = this.#options
    return connector.open(n, signal, async (connection) => {
      await connector.join(connection, topicOf(n, this.#options), joinParams)
      this.crowd.come(n, connection)
      return connection
    })
  }

  async #leave(n: number, connection: PhoenixConnection | undefined): Promise<void> {
    if (connection !== undefined) {
      this.crowd.leave(connection)
      await connection.close()
    }
    this.#away.push(n)
  }
}
