import type { Server } from 'node:http'
import { json } from 'node:stream/consumers'

/** State that a server is to send: so many bytes to each member of each room, so often a second. */
export interface LoopPlan {
  rate: number
  bytes: number
  /** Rooms are `room:0` and so on. */
  rooms: number
}

/** What a loop has done. */
export interface LoopReport {
  seconds: number
  ticks: number
  /** Messages, each to one member. */
  sent: number
}

/** The moment of a tick stands at the head of each message: clients on the same machine have the same clock. */
const headBytes = 8

/** The state of one tick. */
export function writeState(bytes: number): Buffer {
  const state = Buffer.alloc(Math.max(bytes, headBytes))
  state.writeBigUInt64LE(process.hrtime.bigint())
  return state
}

/** Nanoseconds since the tick that the state is of. */
export function ageOf(state: Buffer): number {
  return Number(process.hrtime.bigint() - state.readBigUInt64LE())
}

export const roomName = (n: number): string => `room:${n}`

/** Told once, and heard by all who wait for it, before and after: a loop ticks before it ends. */
export class Signal {
  give: () => void = () => {}
  readonly given = new Promise<void>((resolve) => {
    this.give = resolve
  })
}

/** Sends the state to the members of a room, and returns to how many. */
export type SendState = (room: string, state: Buffer) => number

/**
 * The loop of a server that has none of its own, which `POST /loop` starts and `DELETE /loop` ends: a
 * timer for each tick, at times that are fixed in advance.
 */
export function serveLoop(http: Server, send: SendState): void {
  let end: (() => Promise<LoopReport>) | undefined
  http.on('request', async (request, response) => {
    if (request.url !== '/loop') return
    if (request.method === 'POST') end = startLoop((await json(request)) as LoopPlan, send)
    response.end(JSON.stringify(request.method === 'DELETE' ? await end?.() : {}))
  })
}

function startLoop({ rate, bytes, rooms }: LoopPlan, send: SendState): () => Promise<LoopReport> {
  const start = performance.now()
  let ticks = 0
  let sent = 0
  let timer: NodeJS.Timeout
  const once = new Signal()
  const wait = (): void => {
    const due = start + ((ticks + 1) * 1000) / rate
    timer = setTimeout(tick, due - performance.now())
  }
  const tick = (): void => {
    const state = writeState(bytes)
    for (let n = 0; n < rooms; n++) sent += send(roomName(n), state)
    ticks++
    once.give()
    wait()
  }
  wait()
  return async () => {
    await once.given
    clearTimeout(timer)
    return { seconds: (performance.now() - start) / 1000, ticks, sent }
  }
}
