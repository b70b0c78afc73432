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

/** Where others of a room hear of what one does. */
export const forOthers = { size: 10, least: 2 }
/** Where each client is by itself, unless it is asked to be with others. */
export const forOne = { size: 1, least: 1 }

/** Reads which topics are joined, by how many each: by so many by default, and by no fewer than the least. */
export function readRoomOptions(
  flags: Flags,
  { clients }: CommonOptions,
  { size, least }: { readonly size: number; readonly least: number }
): RoomOptions {
  if (clients < least) throw new LoadOptionInvalid('--clients', 'must be 2 or more: one alone is not heard')
  const topic = flags.text('topic', 'room:load{n}')
  const isOne = !topic.includes('{n}')
  const byDefault = isOne ? clients : Math.min(size, clients)
  const roomSize = flags.number('room-size', byDefault, { least, most: clients, whole: true })
  if (isOne && roomSize < clients) {
    throw new LoadOptionInvalid('--topic', 'must have {n} in it, the number of the room: there are several')
  }
  return { topic, joinParams: flags.jsonObject('join-params', '{}'), roomSize }
}

/** The room of a client: the first has the first clients. */
export const roomNumber = (n: number, { roomSize }: RoomOptions): number => Math.ceil(n / roomSize)

/** The topic that a client is to join. */
export function topicOf(n: number, options: RoomOptions): string {
  return numbered(options.topic, roomNumber(n, options))
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

  /** Whose turn it is among those who are there, and may. */
  take(may: (member: Member) => boolean): Member | undefined {
    for (let tries = this.#members.length; tries > 0; tries--) {
      const member = this.#members[this.#next++ % this.#members.length]
      if (member !== undefined && isPresent(member) && may(member)) return member
    }
    return undefined
  }
}

const isPresent = ({ isThere, connection }: Member): boolean => isThere && connection.isOpen

/** The rooms of a load, which clients fill by their numbers. */
export class Rooms {
  readonly #options: RoomOptions
  readonly #byNumber = new Map<number, Room>()
  readonly #rooms: Room[] = []
  #next = 0

  constructor(options: RoomOptions) {
    this.#options = options
  }

  /** Has a client join its room; `listen` sets up what it hears, of the join too. */
  async enter(
    n: number,
    connector: Connector,
    connection: PhoenixConnection,
    listen: (member: Member) => void
  ): Promise<Member> {
    const room = this.#roomOf(n)
    const member = room.add(n, connection)
    listen(member)
    await connector.join(connection, room.topic, this.#options.joinParams)
    member.isThere = true
    return member
  }

  /** The member whose turn it is, and those who are to hear of what it does; undefined when nobody would. */
  take(may: (member: Member) => boolean = () => true): { member: Member; listeners: Uint8Array } | undefined {
    for (let tries = this.#rooms.length; tries > 0; tries--) {
      const room = this.#rooms[this.#next++ % this.#rooms.length]
      const member = room?.take(may)
      const listeners = member && room?.listeners(member)
      if (member !== undefined && listeners !== undefined) return { member, listeners }
    }
    return undefined
  }

  #roomOf(n: number): Room {
    const number = roomNumber(n, this.#options)
    let room = this.#byNumber.get(number)
    if (room === undefined) {
      room = new Room(topicOf(n, this.#options), number)
      this.#byNumber.set(number, room)
      this.#rooms.push(room)
    }
    return room
  }
}
