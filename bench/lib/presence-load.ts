import { createHistogram } from 'node:perf_hooks'
import { PhoenixConnection } from '../../lib/load/phoenix-connection.js'
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
  for (const member of all) member.countBytes(heard.count)
  const release = keepAlive(all)

  let waiting: { room: Room; joiner: PhoenixConnection; userId: string }[] = []
  let round = 0
  return {
    async prepare() {
      round++
      const places = filled.flatMap((room) => Array.from({ length: joins }, () => room))
      waiting = await inParallel(places.length, async (n) => {
        const userId = `joiner${round}x${n}`
        const joiner = await PhoenixConnection.open(url, { user_id: userId })
        joiner.on('presence_state', heard.count)
        return { room: places[n] as Room, joiner, userId }
      })
    },
    async run() {
      const latency = createHistogram()
      const start = performance.now()
      for (const { room, joiner } of waiting) {
        const began = performance.now()
        const told = heard.from(room.members.length + 1)
        await joiner.join(room.topic)
        await told
        latency.record(Math.round((performance.now() - began) * 1e6))
      }
      return { operations: waiting.length, seconds: (performance.now() - start) / 1000, latency }
    },
    async finish() {
      for (const { room, joiner } of waiting.splice(0)) {
        const told = heard.from(room.members.length)
        await joiner.close()
        await told
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

const untracked = '{"track":false}'
