import { createHistogram } from 'node:perf_hooks'
import { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'
import { closeAll, enter, keepAlive } from './clients.js'
import { Countdown, inParallel } from './parallel.js'
import type { Load } from './question.js'

export interface PresenceSize {
  /** Who is there before, each of them present and connected. */
  readonly members: number
  /** Rooms of so many members, which are joined one after the other. */
  readonly rooms: number
  /** How many join each room in a round; they leave behind it. */
  readonly joins: number
}

interface Room {
  readonly topic: string
  readonly members: PhoenixConnection[]
}

/** Names of one length, so that all that is told of joiners is; floors write what they tell of `joiner000000`. */
const joinerName = (n: number): string => `joiner${String(n).padStart(6, '0')}`

/** Servers may count in the refs that they tell, which grow by some digits while they are measured. */
const refDigits = 4

/**
 * One operation is one join of somebody who is present from then on: who joins gets the whole list, all
 * others what has changed; it is over when they all have it. The members are made present by the first
 * of them, ahead of the others: what ten thousand joins one by one tell each other would take an hour.
 */
export async function presenceLoad(url: string, { members, rooms, joins }: PresenceSize): Promise<Load> {
  const heard = new Countdown()
  const filled: Room[] = []
  for (let n = 0; n < rooms; n++) filled.push(await fill(url, `presence:bench${n}`, members))
  const all = filled.flatMap(({ members }) => members)
  const release = keepAlive(all)
  try {
    for (const room of filled) countDiffs(room, heard, await rehearse(url, room, heard))
  } catch (error) {
    release()
    await closeAll(all)
    throw error
  }

  let waiting: { room: Room; joiner: PhoenixConnection }[] = []
  let come = 0
  return {
    async prepare() {
      const places = filled.flatMap((room) => Array.from({ length: joins }, () => room))
      waiting = await inParallel(places.length, async (n) => {
        const room = places[n] as Room
        return { room, joiner: await connectJoiner(url, joinerName(++come), room, heard) }
      })
    },
    async run() {
      const latency = createHistogram()
      const start = performance.now()
      for (const { room, joiner } of waiting) {
        const began = performance.now()
        const told = heard.from(room.members.length + 1)
        await Promise.all([joiner.join(room.topic), told])
        latency.record(Math.round((performance.now() - began) * 1e6))
      }
      return { operations: waiting.length, seconds: (performance.now() - start) / 1000, latency }
    },
    async finish() {
      for (const { room, joiner } of waiting.splice(0)) {
        const told = heard.from(room.members.length)
        await Promise.all([joiner.close(), told])
      }
      return {}
    },
    close() {
      release()
      return closeAll([...all, ...waiting.map(({ joiner }) => joiner)])
    }
  }
}

async function fill(url: string, topic: string, count: number): Promise<Room> {
  const first = await enter(url, 'member0', topic, untracked)
  const { status } = await first.request(topic, 'fill', JSON.stringify({ keys: count }))
  if (status !== 'ok') throw new Error(`fill of ${topic}: ${status}`)
  const others = await inParallel(count - 1, (n) => enter(url, `member${n + 1}`, topic, untracked))
  return { topic, members: [first, ...others] }
}

/** Somebody who counts as told when the list that they get is a whole one. */
async function connectJoiner(
  url: string,
  userId: string,
  { members }: Room,
  heard: Countdown
): Promise<PhoenixConnection> {
  const joiner = await PhoenixConnection.open(url, { user_id: userId })
  joiner.on('presence_state', (state) => {
    const present = Object.keys(state).length
    if (present > members.length) heard.count()
    else heard.fail(new Error(`the list of a joiner has ${present} and not all who are present`))
  })
  return joiner
}

/**
 * One join and leave, which all members read in full, ahead of those that are measured: resolves with
 * the size of what they are told. What the server tells of those who came before does not count.
 */
async function rehearse(url: string, room: Room, heard: Countdown): Promise<number> {
  const { topic, members } = room
  const userId = joinerName(0)
  let bytes = 0
  for (const member of members) {
    member.on('presence_diff', (diff) => {
      if (!(userId in (diff.joins as object)) && !(userId in (diff.leaves as object))) return
      bytes = Buffer.byteLength(JSON.stringify([null, null, topic, 'presence_diff', diff]))
      heard.count()
    })
  }
  const joiner = await connectJoiner(url, userId, room, heard)
  try {
    const told = heard.from(members.length + 1)
    await Promise.all([joiner.join(topic), told])
    const left = heard.from(members.length)
    await Promise.all([joiner.close(), left])
    return bytes
  } finally {
    await joiner.close()
  }
}

/** From now on the members of a room read nothing: that of so many bytes which they hear is a diff. */
function countDiffs({ members }: Room, heard: Countdown, bytes: number): void {
  const onBytes = (size: number): void => {
    if (size >= bytes && size <= bytes + refDigits) heard.count()
    else heard.fail(new Error(`a member was told ${size} bytes of a join and not ${bytes}`))
  }
  for (const member of members) member.countBytes(onBytes)
}

const untracked = '{"track":false}'
