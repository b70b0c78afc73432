import { randomBytes } from 'node:crypto'
import { failureOf } from '../clients/hook-caller.js'
import { RecoveringClient, type RecoveringListener } from '../clients/recovering-client.js'
import { ReturningClients } from '../clients/returning-clients.js'
import { pauseRange, rateRange, secondsRange } from '../options/ranges.js'
import { MarkedPayload, type PushOptions, pushOptions, readPushOptions } from './marked-payload.js'
import { type NumberedListener, NumberedRoom } from './numbered-room.js'
import { forOthers, type RoomOptions, readRoomOptions, roomNumber, roomOptions, topicOf } from './rooms.js'
import { atRate, type Scenario, type ScenarioContext, type ScenarioKind } from './scenario.js'

interface RecoverOptions extends RoomOptions, PushOptions {
  readonly rate: number
  /** For how long a client stays, and is away: at random, so long on average. */
  readonly stayMs: number
  readonly awayMs: number
}

/** Members of rooms with history that are cut off and come back, while the first of each room sends messages. */
export const recover: ScenarioKind = {
  operations: 'messages',
  options: ['rate', 'ramp-up', ...roomOptions, ...pushOptions, 'stay', 'away'],
  duration: 10,
  latencies: ['connect', 'join', 'recovery'],
  isHeard: true,
  comeAgain: false,
  recovers: true,
  plan(flags, common) {
    const rooms = readRoomOptions(flags, common, forOthers)
    const rate = flags.number('rate', 10, rateRange)
    const pushed = readPushOptions(flags)
    const stay = flags.number('stay', 3, secondsRange)
    const away = flags.number('away', 1, pauseRange)
    const options = { ...rooms, ...pushed, rate, stayMs: stay * 1000, awayMs: away * 1000 }
    return {
      title: `recovery in rooms of ${rooms.roomSize}`,
      settings: { ...rooms, ...pushed, staySeconds: stay, awaySeconds: away },
      rate,
      filesEach: 1,
      open: (context) => new RecoverScenario(options, context)
    }
  }
}

/** A room whose first member speaks and is never cut. */
interface SpokenRoom {
  readonly number: number
  readonly topic: string
  readonly messages: NumberedRoom
  readonly members: Member[]
  /** Numbers of messages for which the first member has to be back. */
  readonly waiting: number[]
  /** By the numbers of messages: what to do where no reply to its push is waited for any more. */
  readonly forget: Map<number, () => void>
}

interface Member {
  readonly n: number
  readonly room: SpokenRoom
  readonly client: RecoveringClient
  /** Undefined for who speaks. */
  ears?: NumberedListener
  /** Resolves when it is back, as far as it is under way. */
  returning?: Promise<void>
}

class RecoverScenario implements Scenario {
  readonly #options: RecoverOptions
  readonly #context: ScenarioContext
  /** Of this load, as others may run on the same server. */
  readonly #name = randomBytes(4).toString('hex')
  readonly #payload: MarkedPayload
  readonly #rooms = new Map<number, SpokenRoom>()
  /** Rooms in which somebody listens. */
  #heard: SpokenRoom[] = []
  #turn = 0
  /** Whether the last messages have been sent. */
  #isOver = false
  readonly crowd: ReturningClients

  constructor(options: RecoverOptions, context: ScenarioContext) {
    this.#options = options
    this.#context = context
    this.#payload = new MarkedPayload(options, this.#name)
    const { recoveries } = context.tally
    this.crowd = new ReturningClients(context, recoveries, (n, signal) => this.#connect(n, signal))
  }

  prepare(): Promise<void> {
    return this.crowd.connect(this.#context.signal)
  }

  /** At the end all come back, and one more message in each room tells who has not heard the one before. */
  async run(): Promise<void> {
    const { clock, signal } = this.#context
    for (const room of this.#rooms.values()) this.#seat(room)
    this.#heard = [...this.#rooms.values()].filter(({ members }) => members.length > 1)
    const members = [...this.#rooms.values()].flatMap(({ members }) => members)
    const lives = members.map((member) => member.ears && this.#comeAndGo(member))
    await atRate(this.#context, this.#options.rate, (meantAt) => this.#speak(meantAt))
    this.crowd.endBreaks()
    await Promise.all(lives)
    await Promise.all(members.map(({ returning }) => returning))
    this.#isOver = true
    if (!signal.aborted) for (const room of this.#heard) this.#send(room, clock.now())
  }

  async #connect(n: number, signal: AbortSignal): Promise<RecoveringClient> {
    const { connector, clock } = this.#context
    const room = this.#roomOf(n)
    const identity = {
      n,
      name: `${this.#name}-${n}`,
      topic: room.topic,
      params: JSON.parse(this.#options.joinParams)
    }
    const listener: RecoveringListener = {
      heard: (pushed, gap) => this.#hear(member, pushed, gap),
      answered: (recovered, count) => this.#answered(member, recovered, count),
      caughtUp: (ms) => this.#caughtUp(member, ms),
      lost: (reason) => {
        this.#context.tally.recoveries.closed.add(reason)
        void this.#return(member)
      }
    }
    const client = new RecoveringClient(identity, { connector, now: () => clock.now(), listener })
    const member: Member = { n, room, client }
    await client.come(signal)
    room.members.push(member)
    return client
  }

  #roomOf(n: number): SpokenRoom {
    const number = roomNumber(n, this.#options)
    let room = this.#rooms.get(number)
    if (room === undefined) {
      const messages = new NumberedRoom(this.#context.tally)
      const forget = new Map<number, () => void>()
      messages.onOver = (id) => {
        forget.get(id)?.()
        forget.delete(id)
      }
      room = { number, topic: topicOf(n, this.#options), messages, members: [], waiting: [], forget }
      this.#rooms.set(number, room)
    }
    return room
  }

  /** The first of those who have come speaks, the others listen. */
  #seat({ members, messages }: SpokenRoom): void {
    members.sort((a, b) => a.n - b.n)
    for (const member of members.slice(1)) {
      const ears = messages.listen(member.n)
      member.ears = ears
      this.#context.tally.recoveries.losses.push(() => ears.loss())
    }
  }

  /** Cuts a client off and has it come back, over and over. */
  async #comeAndGo(member: Member): Promise<void> {
    const { crowd } = this
    const { stayMs, awayMs } = this.#options
    while (await crowd.pause(stayMs)) {
      // The server may have closed it by itself.
      await member.returning
      if (member.client.connection === undefined) continue
      member.client.cut()
      this.#context.tally.recoveries.cut++
      await crowd.pause(awayMs)
      await this.#return(member)
    }
  }

  async #return(member: Member): Promise<void> {
    member.returning = this.crowd.bringBack(member.client)
    await member.returning
    this.#flush(member.room)
  }

  #speak(meantAt: number): void {
    const { tally } = this.#context
    const room = this.#heard[this.#turn++ % this.#heard.length]
    if (room !== undefined) return this.#send(room, meantAt)
    tally.sent++
    tally.failed('not_connected')
  }

  #send(room: SpokenRoom, meantAt: number): void {
    this.#context.tally.sent++
    room.waiting.push(room.messages.send(meantAt))
    this.#flush(room)
  }

  /** Pushes what waits, if who speaks is there: it may have been lost, as any other. */
  #flush(room: SpokenRoom): void {
    const connection = room.members[0]?.client.connection
    if (connection === undefined) return
    for (const id of room.waiting.splice(0)) {
      const payload = this.#payload.write({ id, room: room.number, sender: 0 })
      const ref = connection.push(room.topic, this.#options.event, payload, (answer) => {
        room.forget.delete(id)
        const failure = failureOf(answer)
        if (failure !== undefined) room.messages.withdraw(id, failure)
      })
      // Not every server answers, and each of these takes some memory.
      if (ref !== undefined) room.forget.set(id, () => connection.forget(ref))
    }
  }

  #hear({ room, ears }: Member, pushed: { event: string; bytes: Buffer }, gap: number): void {
    if (ears === undefined) return
    ears.passOver(gap)
    if (pushed.event !== this.#options.heardEvent) return
    const mark = this.#payload.read(pushed.bytes)
    if (mark?.room === room.number && mark.id <= room.messages.last) ears.hear(mark.id)
  }

  #answered({ room, ears }: Member, recovered: boolean, count: number): void {
    const { recoveries } = this.#context.tally
    if (recovered) {
      recoveries.recovered++
      recoveries.replayed += count
    } else {
      recoveries.unrecovered++
      ears?.forgo()
      if (this.#isOver) this.#send(room, this.#context.clock.now())
    }
    if (ears !== undefined) ears.liveSince = Number.POSITIVE_INFINITY
  }

  #caughtUp({ ears }: Member, ms: number): void {
    const { clock, tally } = this.#context
    tally.measure('recovery', ms)
    if (ears !== undefined) ears.liveSince = clock.now()
  }
}
