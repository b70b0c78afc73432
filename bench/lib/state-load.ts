import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { closeAll } from './clients.js'
import { openGeckos } from './geckos-client.js'
import { inParallel } from './parallel.js'
import type { Load, Subject } from './question.js'
import { ageOf, type LoopPlan, type LoopReport, roomName } from './state-loop.js'
import { connectUserPeer } from './user-peer.js'

export interface StateSize {
  readonly rooms: number
  readonly members: number
  readonly bytes: number
}

/** Somebody who hears the state of a room. */
export interface Member {
  close(): Promise<void>
}

type OnState = (state: Buffer) => void
export type ConnectMember = (url: string, n: number, room: string, onState: OnState) => Promise<Member>

/** State comes in any order, and what is lost is not sent again: the next is on its way. */
const config = { unordered: true, maxRetransmits: 0 }

/** Joins the room, and has the DataChannel `state` that its broadcasts go to. */
export const connectPhoenixMember: ConnectMember = async (url, n, topic, onState) => {
  const member = await connectUserPeer(url, `user${n}`, { label: 'state', config, topic })
  member.channel.onMessage((state) => onState(state as Buffer))
  return member
}

export const connectGeckosMember: ConnectMember = async (url, n, room, onState) => {
  const { channel, close } = await openGeckos(url, `user${n}`)
  channel.onMessage((state) => onState(state as Buffer))
  channel.sendMessage(JSON.stringify({ join: room }))
  return { close: async () => close() }
}

const connectsAtOnce = 10

/** So long the last messages of a round may take, before they count as lost. */
const settleMs = 300

/** The members of some rooms of one server, and what they hear. */
export class StateClients {
  readonly #loop: URL
  readonly #rooms: number
  #members: Member[] = []
  #latency: RecordableHistogram = createHistogram()

  private constructor(url: string, rooms: number) {
    this.#loop = new URL('/loop', url.replace(/^ws/, 'http'))
    this.#rooms = rooms
  }

  /** @param url the mount of the server, which is served at the same origin as its `/loop`. */
  static async connect(
    url: string,
    { rooms, members }: Omit<StateSize, 'bytes'>,
    connectMember: ConnectMember = connectPhoenixMember
  ): Promise<StateClients> {
    const clients = new StateClients(url, rooms)
    const hear: OnState = (state) => clients.#latency.record(Math.max(1, ageOf(state)))
    const join = (n: number): Promise<Member> => connectMember(url, n, roomName(n % rooms), hear)
    clients.#members = await inParallel(rooms * members, join, connectsAtOnce)
    return clients
  }

  /** What was heard since it was forgotten. */
  get heard(): RecordableHistogram {
    return this.#latency
  }

  forget(): void {
    this.#latency = createHistogram()
  }

  /** Lets the server send for so long; resolves with what it says that it has done. */
  async listen<Report extends LoopReport>(ms: number, plan: Omit<LoopPlan, 'rooms'>): Promise<Report> {
    const body = JSON.stringify({ ...plan, rooms: this.#rooms })
    await fetch(this.#loop, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await setTimeout(ms)
    return (await (await fetch(this.#loop, { method: 'DELETE' })).json()) as Report
  }

  /** Resolves when what was sent has come, or is lost. */
  settle(): Promise<void> {
    return setTimeout(settleMs)
  }

  close(): Promise<void> {
    return closeAll(this.#members)
  }
}

/** Ticks a second. */
const rate = 30

/** One operation is one message to one member; the latency is that from the tick to the member. */
export function stateLoad(connectMember: ConnectMember): Subject<StateSize>['open'] {
  return async (url, size): Promise<Load> => {
    const clients = await StateClients.connect(url, size, connectMember)
    let sent = 0
    return {
      async prepare() {
        clients.forget()
      },
      async run(ms) {
        const report = await clients.listen(ms, { rate, bytes: size.bytes })
        sent = report.sent
        return { operations: sent, seconds: report.seconds, latency: clients.heard }
      },
      async finish() {
        await clients.settle()
        if (sent === 0) return {}
        return { lostPercent: Math.max(0, 1 - clients.heard.count / sent) * 100 }
      },
      close: () => clients.close()
    }
  }
}
