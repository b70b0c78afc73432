import { randomBytes } from 'node:crypto'
import { LoadClients } from '../clients/clients.js'
import { failureOf } from '../clients/hook-caller.js'
import type { PhoenixConnection } from '../clients/phoenix-connection.js'
import { rateRange } from '../options/ranges.js'
import { Expectation } from './expectation.js'
import { MarkedPayload, type PushOptions, pushOptions, readPushOptions } from './marked-payload.js'
import { forOthers, type Member, type RoomOptions, Rooms, readRoomOptions, roomOptions } from './rooms.js'
import { atRate, type Scenario, type ScenarioContext, type ScenarioKind } from './scenario.js'

interface BroadcastOptions extends RoomOptions, PushOptions {
  readonly rate: number
}

/** Rooms whose members take turns in pushing a message that the server broadcasts to the others. */
export const broadcast: ScenarioKind = {
  operations: 'messages',
  options: ['rate', 'ramp-up', ...roomOptions, ...pushOptions],
  duration: 10,
  latencies: ['connect', 'join', 'last'],
  isHeard: true,
  comeAgain: false,
  plan(flags, common) {
    const options: BroadcastOptions = {
      ...readRoomOptions(flags, common, forOthers),
      rate: flags.number('rate', 10, rateRange),
      ...readPushOptions(flags)
    }
    const { rate, ...settings } = options
    return {
      title: `broadcast of ${options.event} to rooms of ${options.roomSize}`,
      settings,
      rate,
      filesEach: 1,
      open: (context) => new BroadcastScenario(options, context)
    }
  }
}

class BroadcastScenario implements Scenario {
  readonly #options: BroadcastOptions
  readonly #context: ScenarioContext
  readonly #rooms: Rooms
  readonly #payload: MarkedPayload
  /** What not all have heard yet. */
  readonly #open = new Map<number, Expectation>()
  #last = 0
  readonly crowd: LoadClients<PhoenixConnection>

  constructor(options: BroadcastOptions, context: ScenarioContext) {
    this.#options = options
    this.#context = context
    this.#rooms = new Rooms(options)
    // Messages of another load that runs on the same server are none of ours.
    this.#payload = new MarkedPayload(options, randomBytes(4).toString('hex'))
    this.crowd = new LoadClients(context.size, context.clock, (n, signal) => this.#connect(n, signal))
  }

  prepare(): Promise<void> {
    return this.crowd.connect(this.#context.signal)
  }

  run(): Promise<void> {
    return atRate(this.#context, this.#options.rate, (meantAt) => this.#push(meantAt))
  }

  #connect(n: number, signal: AbortSignal): Promise<PhoenixConnection> {
    const { connector } = this.#context
    return connector.open(n, signal, async (connection) => {
      await this.#rooms.enter(n, connector, connection, (member) => {
        connection.on(this.#options.heardEvent, (_payload, _topic, message) => this.#hear(member, message))
      })
      return connection
    })
  }

  #push(meantAt: number): void {
    const { tally } = this.#context
    tally.sent++
    const taken = this.#rooms.take()
    if (taken === undefined) return tally.failed('not_connected')
    const { room, index, connection } = taken.member
    const id = ++this.#last
    const message = new Expectation(tally, meantAt, taken.listeners)
    this.#open.set(id, message)
    const payload = this.#payload.write({ id, room: room.number, sender: index })
    const ref = connection.push(room.topic, this.#options.event, payload, (answer) => {
      const failure = failureOf(answer)
      if (failure !== undefined) message.withdraw(failure)
    })
    message.onHeardByAll = () => {
      this.#open.delete(id)
      // Not every server answers, and each of these takes some memory.
      if (ref !== undefined) connection.forget(ref)
    }
  }

  /** What comes back to its sender does not count: some servers leave the sender out, and some do not. */
  #hear({ room, index }: Member, bytes: Buffer): void {
    const mark = this.#payload.read(bytes)
    if (mark === undefined || mark.id > this.#last) return
    if (mark.room !== room.number || mark.sender === index) return
    const message = this.#open.get(mark.id)
    // All have heard what is not open any more.
    if (message === undefined) this.#context.tally.doubled++
    else message.hear(index)
  }
}
