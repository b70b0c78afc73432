import { type Connector, numbered } from '../clients/connector.js'
import type { PhoenixConnection } from '../clients/phoenix-connection.js'
import { LoadOptionInvalid } from '../options/errors.js'
import type { Flags } from '../options/flags.js'
import type { CommonOptions } from './scenario.js'

export const roomOptions = ['topic', 'join-params', 'room-size'] as const

export interface RoomOptions {
  /** `{n}` in it is the number of the room. */
  readonly topic: string
  /** JSON text. */
  readonly joinParams: string
  readonly roomSize: number
}

/** Reads which topics are joined, by how many each. */
export function readRoomOptions(flags: Flags, { clients }: CommonOptions, size: number): RoomOptions {
  const topic = flags.text('topic', 'room:load{n}')
  const isOne = !topic.includes('{n}')
  const byDefault = isOne ? clients : Math.min(size, clients)
  const roomSize = flags.number('room-size', byDefault, { least: 1, most: clients, whole: true })
  if (isOne && roomSize < clients) {
    throw new LoadOptionInvalid('--topic', 'must have {n} in it, the number of the room: there are several')
  }
  return { topic, joinParams: flags.jsonObject('join-params', '{}'), roomSize }
}

/** Who is in a room. */
export interface Member {
  readonly connection: PhoenixConnection
  readonly room: Room
  /** Number of the client. */
  readonly n: number
  /** Place among the members of the room. */
  readonly index: number
  /** False while it has left the room. */
  isThere: boolean
}

/** A topic that clients have joined. */
export class Room {
  readonly topic: string
  readonly number: number
  readonly #members: Member[] = []
  #next = 0

  constructor(topic: string, number: number) {
    this.topic = topic
    this.number = number
  }

  add(n: number, connection: PhoenixConnection): Member {
    const member: Member = { connection, room: this, n, index: this.#members.length, isThere: false }
    this.#members.push(member)
    return member
  }

  /** 1 for each member who is there beside this one, by index; undefined when nobody is. */
  listeners(beside: Member): Uint8Array | undefined {
    const listeners = Uint8Array.from(this.#members, (member) =>
      Number(member !== beside && isPresent(member))
    )
    return listeners.includes(1) ? listeners : undefined
  }

  /** Whose turn it is among those who are there. */
  take(): Member | undefined {
    for (let tries = this.#members.length; tries > 0; tries--) {
      const member = this.#members[this.#next++ % this.#members.length]
      if (member !== undefined && isPresent(member)) return member
    }
    return undefined
  }
}

const isPresent = ({ isThere, connection }: Member): boolean => isThere && connection.isOpen

/** The rooms of a load, which clients fill by their numbers. */
export class Rooms {
  readonly #options: RoomOptions
  readonly #rooms = new Map<number, Room>()
  #next = 0

  constructor(options: RoomOptions) {
    this.#options = options
  }

  /** The topic that a client is to join. */
  topicOf(n: number): string {
    return numbered(this.#options.topic, this.#numberOf(n))
  }

  /** Has a client join its room; `listen` sets up what it hears, of the join too. */
  async enter(
    n: number,
    connector: Connector,
    connection: PhoenixConnection,
    listen: (member: Member) => void
  ): Promise<Member> {
    const number = this.#numberOf(n)
    const room = this.#rooms.get(number) ?? new Room(this.topicOf(n), number)
    this.#rooms.set(number, room)
    const member = room.add(n, connection)
    listen(member)
    await connector.join(connection, room.topic, this.#options.joinParams)
    member.isThere = true
    return member
  }

  /** The member whose turn it is, and those who are to hear of what it does; undefined when nobody would. */
  take(): { member: Member; listeners: Uint8Array } | undefined {
    const rooms = [...this.#rooms.values()]
    for (let tries = rooms.length; tries > 0; tries--) {
      const room = rooms[this.#next++ % rooms.length]
      const member = room?.take()
      const listeners = member && room?.listeners(member)
      if (member !== undefined && listeners !== undefined) return { member, listeners }
    }
    return undefined
  }

  #numberOf(n: number): number {
    return Math.ceil(n / this.#options.roomSize)
  }
}
