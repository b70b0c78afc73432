import { createHistogram } from 'node:perf_hooks'
import { Countdown } from './parallel.js'
import { type Load, payload16, type Subject } from './question.js'
import type { OpenRoom, Room } from './room.js'

export interface RoomSize {
  readonly members: number
  readonly bytes: number
}

/** Broadcasts to a room, the next when all members have heard the last, as the load of a subject. */
export function fanOutLoad(openRoom: OpenRoom): Subject<RoomSize>['open'] {
  return async (url, size) => fanOut(await openRoom(url, size.members), size)
}

/** In a room of few members so many broadcasts are under way together that servers do not idle between. */
const deliveriesAtOnce = 100

/**
 * One operation is one delivery; the latency is that of a broadcast until its last member has it. All
 * members read one broadcast in full before anything is measured; of the others only the size is compared,
 * since reading them would keep the generator busier than the server.
 */
export async function fanOut(room: Room, { members, bytes }: RoomSize): Promise<Load> {
  const payload = JSON.stringify({ text: payload16.repeat(Math.ceil(bytes / 16)).slice(0, bytes) })
  const atOnce = Math.max(1, Math.floor(deliveriesAtOnce / members))
  const deliveries = new Countdown()
  room.read((heard) => {
    if (JSON.stringify(heard) === payload) deliveries.count()
    else deliveries.fail(new Error('a member heard something else than was shouted'))
  })
  const read = deliveries.from(members)
  room.shout(payload)
  try {
    await read
  } catch (error) {
    await room.close()
    throw error
  }
  const expected = room.bytesOf(payload)
  room.hear((heard) => {
    if (heard === expected) deliveries.count()
    else deliveries.fail(new Error(`a member heard ${heard} bytes and not ${expected}`))
  })
  return {
    async run(ms) {
      const latency = createHistogram()
      const start = performance.now()
      let operations = 0
      while (performance.now() - start < ms) {
        const began = performance.now()
        const heard = deliveries.from(members * atOnce)
        for (let i = 0; i < atOnce; i++) room.shout(payload)
        await heard
        latency.record(Math.max(1, Math.round((performance.now() - began) * 1e6)))
        operations += members * atOnce
      }
      return { operations, seconds: (performance.now() - start) / 1000, latency }
    },
    close: () => room.close()
  }
}
