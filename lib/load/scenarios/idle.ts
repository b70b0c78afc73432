import { LoadClients } from '../clients/clients.js'
import { failureOf } from '../clients/hook-caller.js'
import type { PhoenixConnection } from '../clients/phoenix-connection.js'
import { LoadOptionInvalid } from '../options/errors.js'
import { secondsRange } from '../options/ranges.js'
import { forOne, type RoomOptions, Rooms, readRoomOptions, roomOptions } from './rooms.js'
import { atRate, type Scenario, type ScenarioContext, type ScenarioKind } from './scenario.js'

interface IdleOptions {
  /** Between two heartbeats of a client. */
  readonly heartbeatMs: number
  /** Undefined where clients join nothing. */
  readonly rooms: RoomOptions | undefined
}

/** Clients that send nothing but their heartbeats, one after the other. */
export const idle: ScenarioKind = {
  operations: 'heartbeats',
  options: ['heartbeat', 'ramp-up', ...roomOptions],
  duration: 60,
  latencies: ['connect', 'join'],
  isHeard: false,
  comeAgain: false,
  plan(flags, common) {
    const seconds = flags.number('heartbeat', 30, secondsRange)
    const joins = flags.given('topic') !== undefined
    const lonely = roomOptions.find((name) => !joins && flags.given(name) !== undefined)
    if (lonely !== undefined)
      throw new LoadOptionInvalid(`--${lonely}`, 'needs a --topic: idle clients join none')
    const rooms = joins ? readRoomOptions(flags, common, forOne) : undefined
    const options = { heartbeatMs: seconds * 1000, rooms }
    return {
      title: `idle clients with a heartbeat every ${seconds} s`,
      settings: { heartbeatSeconds: seconds, ...rooms },
      rate: common.clients / seconds,
      filesEach: 1,
      open: (context) => new IdleScenario(options, context)
    }
  }
}

class IdleScenario implements Scenario {
  readonly #options: IdleOptions
  readonly #context: ScenarioContext
  readonly #rooms: Rooms | undefined
  /** Not until the heartbeats do it: the last may connect minutes after the first. */
  staysConnected = false
  readonly crowd: LoadClients<PhoenixConnection>

  constructor(options: IdleOptions, context: ScenarioContext) {
    this.#options = options
    this.#context = context
    this.#rooms = options.rooms && new Rooms(options.rooms)
    this.crowd = new LoadClients(context.size, context.clock, (n, signal) => this.#connect(n, signal))
  }

  prepare(): Promise<void> {
    return this.crowd.connect(this.#context.signal)
  }

  /** Their times are spread: clients of real users have not all come in one moment either. */
  run(): Promise<void> {
    this.staysConnected = true
    const rate = (this.crowd.connected * 1000) / this.#options.heartbeatMs
    return atRate(this.#context, rate, (meantAt) => this.#beat(meantAt))
  }

  #connect(n: number, signal: AbortSignal): Promise<PhoenixConnection> {
    const { connector } = this.#context
    return connector.open(n, signal, async (connection) => {
      await this.#rooms?.enter(n, connector, connection, () => {})
      return connection
    })
  }

  #beat(meantAt: number): void {
    const { tally } = this.#context
    tally.sent++
    const client = this.crowd.take()
    if (client === undefined) return tally.failed('not_connected')
    client.heartbeat((answer) => {
      const failure = failureOf(answer)
      if (failure === undefined) tally.succeeded(meantAt)
      else tally.failed(failure)
    })
  }
}
