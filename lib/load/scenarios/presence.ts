import { oneLine } from '../../log/one-line.js'
import { presenceEvents } from '../../protocol/constants.js'
import { isObject } from '../../util/is-object.js'
import { LoadClients } from '../clients/clients.js'
import { numbered } from '../clients/connector.js'
import { failureOf } from '../clients/hook-caller.js'
import type { PhoenixConnection } from '../clients/phoenix-connection.js'
import { LoadOptionInvalid } from '../options/errors.js'
import { rateRange } from '../options/ranges.js'
import { Expectation } from './expectation.js'
import {
  forOthers,
  type Member,
  type Room,
  type RoomOptions,
  Rooms,
  readRoomOptions,
  roomOptions
} from './rooms.js'
import { atRate, type Scenario, type ScenarioContext, type ScenarioKind } from './scenario.js'

interface PresenceOptions extends RoomOptions {
  readonly rate: number
  /** Key that a client is present by; `{n}` is its number. */
  readonly key: string
}

/** Rooms whose members take turns in leaving and joining again, which all others are told. */
export const presence: ScenarioKind = {
  operations: 'changes',
  options: ['rate', 'ramp-up', ...roomOptions, 'presence-key'],
  duration: 10,
  latencies: ['connect', 'join', 'state', 'last'],
  isHeard: true,
  comeAgain: false,
  plan(flags, common) {
    const key = flags.text('presence-key', common.user)
    if (!key.includes('{n}')) {
      throw new LoadOptionInvalid(
        '--presence-key',
        'and --user must have {n} in them: it tells clients apart'
      )
    }
    const rooms = readRoomOptions(flags, common, forOthers)
    const rate = flags.number('rate', 10, rateRange)
    return {
      title: `presence in rooms of ${rooms.roomSize}`,
      settings: { ...rooms, presenceKey: key },
      rate,
      filesEach: 1,
      open: (context) => new PresenceScenario({ ...rooms, rate, key }, context)
    }
  }
}

/** Milliseconds after which what was not heard is not on its way any more, but missing. */
const missingMs = 10_000

/** A leave or a join, of which others are to hear. */
class Change extends Expectation {
  readonly #missingAt: number

  constructor(context: ScenarioContext, meantAt: number, listeners: Uint8Array) {
    super(context.tally, meantAt, listeners)
    this.#missingAt = context.clock.now() + missingMs
  }

  isOnItsWay(now: number): boolean {
    return !this.isOver && now < this.#missingAt
  }
}

/** A member, and what the others are to be told of it. */
interface Traveller {
  readonly member: Member
  leaving?: Change
  coming?: Change
  /** When it was meant to come, until it has the list of who is there. */
  waitsSince?: number | undefined
  /** Resolves with whether it has left, and may come again. */
  left: Promise<boolean>
}

class PresenceScenario implements Scenario {
  readonly #options: PresenceOptions
  readonly #context: ScenarioContext
  readonly #rooms: Rooms
  readonly #travellers = new Map<string, Traveller>()
  /** Those who are to come next. */
  readonly #outside: Traveller[] = []
  /** How many of them are on their way back. */
  #coming = 0
  /** When changes were meant that are to begin as soon as somebody may leave. */
  readonly #due: number[] = []
  /** What is on its way to members, by their rooms. */
  readonly #changes = new Map<Room, Set<Change>>()
  readonly crowd: LoadClients<PhoenixConnection>

  constructor(options: PresenceOptions, context: ScenarioContext) {
    this.#options = options
    this.#context = context
    this.#rooms = new Rooms(options)
    this.crowd = new LoadClients(context.size, context.clock, (n, signal) => this.#connect(n, signal))
  }

  prepare(): Promise<void> {
    return this.crowd.connect(this.#context.signal)
  }

  run(): Promise<void> {
    return atRate(this.#context, this.#options.rate, (meantAt) => {
      this.#context.tally.sent++
      this.#due.push(meantAt)
      this.#beginDue()
    })
  }

  #connect(n: number, signal: AbortSignal): Promise<PhoenixConnection> {
    const { connector, clock, tally } = this.#context
    return connector.open(n, signal, async (connection) => {
      await this.#rooms.enter(n, connector, connection, (member) => {
        const traveller: Traveller = { member, left: Promise.resolve(false) }
        this.#travellers.set(this.#keyOf(n), traveller)
        connection.on(presenceEvents.diff, (diff) => this.#hear(member, diff))
        connection.on(presenceEvents.state, () => {
          if (traveller.waitsSince !== undefined) tally.measure('state', clock.now() - traveller.waitsSince)
          traveller.waitsSince = undefined
        })
      })
      return connection
    })
  }

  #keyOf(n: number): string {
    return numbered(this.#options.key, n)
  }

  #travellerOf(member: Member): Traveller {
    return this.#travellers.get(this.#keyOf(member.n)) as Traveller
  }

  #begin(room: Room, meantAt: number, listeners: Uint8Array): Change {
    const change = new Change(this.#context, meantAt, listeners)
    const changes = this.#changes.get(room) ?? new Set()
    this.#changes.set(room, changes.add(change))
    change.onHeardByAll = () => this.#beginDue()
    return change
  }

  /** Whether nothing of it or to it is on its way: who leaves would miss what nobody has lost. */
  #isSettled(member: Member, now: number): boolean {
    const { leaving, coming } = this.#travellerOf(member)
    if (leaving?.isOnItsWay(now) || coming?.isOnItsWay(now)) return false
    const changes = this.#changes.get(member.room) ?? new Set()
    for (const change of changes) {
      if (!change.isOnItsWay(now)) changes.delete(change)
      else if (change.awaits(member.index)) return false
    }
    return true
  }

  /**
   * Begins what is due: who has left comes again, and then the next leaves, so that the rooms stay as full as
   * they are. It waits while nobody may leave, and its latency counts on.
   */
  #beginDue(): void {
    while (this.#due.length > 0) {
      const outside = this.#outside.shift()
      if (outside !== undefined) void this.#comeBack(outside, this.#due.shift() as number)
      else if (!this.#leave()) return
    }
  }

  /** Whether somebody has left, or nobody ever can any more. */
  #leave(): boolean {
    const { tally, clock } = this.#context
    const now = clock.now()
    const taken = this.#rooms.take((member) => this.#isSettled(member, now))
    if (taken === undefined && (this.#coming > 0 || this.#rooms.take() !== undefined)) return false
    const meantAt = this.#due.shift() as number
    if (taken === undefined) {
      tally.failed('not_connected')
      return true
    }
    const { member, listeners } = taken
    const traveller = this.#travellerOf(member)
    const leaving = this.#begin(member.room, meantAt, listeners)
    traveller.leaving = leaving
    member.isThere = false
    traveller.left = member.connection.leave(member.room.topic).then((answer) => {
      const failure = failureOf(answer)
      if (failure === undefined) return true
      leaving.withdraw(failure)
      member.isThere = true
      return false
    })
    this.#outside.push(traveller)
    return true
  }

  async #comeBack(traveller: Traveller, meantAt: number): Promise<void> {
    this.#coming++
    await this.#come(traveller, meantAt)
    this.#coming--
    this.#beginDue()
  }

  async #come(traveller: Traveller, meantAt: number): Promise<void> {
    const { tally, connector } = this.#context
    const { member } = traveller
    if (!(await traveller.left)) return tally.failed('not_left')
    const listeners = member.room.listeners(member)
    if (listeners === undefined) return tally.failed('not_connected')
    const coming = this.#begin(member.room, meantAt, listeners)
    traveller.coming = coming
    traveller.waitsSince = meantAt
    try {
      await connector.join(member.connection, member.room.topic, this.#options.joinParams)
      member.isThere = true
    } catch (error) {
      coming.withdraw(oneLine(error))
      // It tries again at its next turn, unless it is lost.
      if (member.connection.isOpen) this.#outside.push(traveller)
    }
  }

  #hear({ room, index }: Member, diff: Readonly<Record<string, unknown>>): void {
    const told = (keys: unknown, what: 'coming' | 'leaving'): void => {
      if (!isObject(keys)) return
      for (const key of Object.keys(keys)) {
        const traveller = this.#travellers.get(key)
        if (traveller?.member.room === room) traveller[what]?.hear(index)
      }
    }
    told(diff.joins, 'coming')
    told(diff.leaves, 'leaving')
  }
}
