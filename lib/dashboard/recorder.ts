import { diagnostics } from '../diagnostics/diagnostics.js'
import type { BroadcastTrace, HookTrace, JoinTrace } from '../diagnostics/events.js'
import { Listening } from '../diagnostics/listening.js'
import { onTimed } from '../diagnostics/timed.js'
import { LookTimer } from '../time/look-timer.js'
import { HookRecords } from './hook-records.js'
import type { DashboardHost } from './host.js'
import { Latencies } from './latency.js'
import { LoadMeter } from './load.js'
import { keptFailures, keptRefusals, type PeerFailure, type Refusals, type Sample } from './protocol.js'
import { Ring } from './ring.js'

const secondMs = 1000
const keptSamples = 600
/** Topics whose broadcasts are counted apart; for more, those that were counted first are forgotten. */
const countedTopics = 10_000

type Refusal = Refusals['recent'][number]

/** Refusals that say nothing of how it goes: failed peers are counted as such, and who joins anew has lost nothing. */
const noTrouble: ReadonlySet<string> = new Set(['peer', 'duplicateJoin'])
/** What was cut off stands among what was refused: who it was can only be seen there. */
const cutOff =
  'cut off a client that does not read what it is sent (limits.queuedBytes and what belongs to it)'
const tooMuch =
  'ended a channel: too much waited for a handler of it (limits.mailboxMessages and mailboxBytes)'

/** What happened within a second. */
interface Second {
  connects: number
  joins: number
  broadcasts: number
  hookErrors: number
  refused: number
  peersFailed: number
}

const quiet = (): Second => ({
  connects: 0,
  joins: 0,
  broadcasts: 0,
  hookErrors: 0,
  refused: 0,
  peersFailed: 0
})

/** The last ten minutes of one node, second by second, and what went wrong lately: of constant size and cost. */
export class Recorder {
  readonly hooks: HookRecords
  readonly refusals = new Ring<Refusal>(keptRefusals)
  /** How often clients were refused since the start, by kind. */
  readonly refused = new Map<string, number>()
  readonly failures = new Ring<PeerFailure>(keptFailures)
  readonly #host: DashboardHost
  readonly #node: string
  readonly #samples = new Ring<Sample>(keptSamples)
  readonly #load = new LoadMeter()
  readonly #latencies = new Latencies()
  readonly #broadcasts = new Map<string, number>()
  readonly #listening = new Listening()
  readonly #timer: LookTimer
  #second = quiet()
  #websockets = 0
  #longpolls = 0
  #channels = 0
  /** Where the counters stood a second ago. */
  #before: Counted

  constructor(host: DashboardHost) {
    this.#host = host
    this.#node = host.endpoint.node
    this.hooks = new HookRecords(this.#node)
    this.#before = this.#counted()
    this.#listen()
    this.#timer = new LookTimer(host.clock, () => {
      this.#timer.start(secondMs)
      this.#take()
    })
    this.#timer.start(secondMs)
  }

  /** The newest samples, the oldest first: of more than `most` every second one, every third and so on. */
  samples(newest: number, most: number): Sample[] {
    const all = this.#samples.newest(newest)
    const step = Math.ceil(all.length / most)
    return all.filter((_sample, index) => index % step === 0).reverse()
  }

  /** How often was broadcast to a topic lately. */
  broadcastsTo(topic: string): number {
    return this.#broadcasts.get(topic) ?? 0
  }

  stop(): void {
    this.#listening.close()
    this.#load.stop()
    this.#timer.stop()
  }

  #take(): void {
    const { endpoint, clock } = this.#host
    const at = clock.date()
    const before = this.#before
    const counted = this.#counted()
    const latencies = this.#latencies
    this.#samples.add({
      at,
      node: this.#node,
      websockets: this.#websockets,
      longpolls: this.#longpolls,
      channels: this.#channels,
      topics: endpoint.pubsub.topics.size,
      peers: endpoint.peers.all.size,
      ...this.#second,
      messagesIn: counted.messagesIn - before.messagesIn,
      messagesOut: counted.messagesOut - before.messagesOut,
      bytesIn: counted.bytesIn - before.bytesIn,
      bytesOut: counted.bytesOut - before.bytesOut,
      hookCalls: latencies.count,
      hookP50Ms: latencies.percentile(0.5),
      hookP99Ms: latencies.percentile(0.99),
      slowClosed: counted.slowClosed - before.slowClosed,
      queuedBytes: endpoint.queued.bytes,
      ...this.#load.read()
    })
    this.#before = counted
    this.#second = quiet()
    latencies.clear()
    this.hooks.sweep(at)
  }

  #counted(): Counted {
    const { websocket, longpoll, slowClosed } = this.#host.endpoint.stats
    return {
      messagesIn: websocket.messagesIn + longpoll.messagesIn,
      messagesOut: websocket.messagesOut + longpoll.messagesOut,
      bytesIn: websocket.bytesIn + longpoll.bytesIn,
      bytesOut: websocket.bytesOut + longpoll.bytesOut,
      slowClosed
    }
  }

  /** Others of this process have events of their own: what is of this node alone counts. */
  #listen(): void {
    const node = this.#node
    const listening = this.#listening
    const { hook, join, broadcast, opened, closed, left, refused, peerFailed } = diagnostics
    const { slowClient, mailboxFull } = diagnostics
    listening.on(opened, ({ socket }) => {
      if (socket.node !== node) return
      this.#second.connects++
      if (socket.transport === 'websocket') this.#websockets++
      else this.#longpolls++
    })
    listening.on(closed, ({ socket }) => {
      if (socket.node !== node) return
      if (socket.transport === 'websocket') this.#websockets--
      else this.#longpolls--
    })
    listening.on(left, ({ socket }) => {
      if (socket.node === node) this.#channels--
    })
    listening.on(refused, (event) => {
      if (event.node !== node) return
      if (!noTrouble.has(event.kind)) this.#second.refused++
      this.#refused(event.kind, event.words, event.details)
    })
    listening.on(slowClient, ({ socket: { id, node: on, transport }, waiting, why }) => {
      if (on === node) this.#refused('slowClient', cutOff, { id, transport, waiting, why })
    })
    listening.on(mailboxFull, ({ socket: { id, node: on }, topic = null }) => {
      if (on === node) this.#refused('mailboxFull', tooMuch, { id, topic })
    })
    listening.on(peerFailed, ({ socket, userId, why, local, remote, ignored, cause = null, ageMs }) => {
      if (socket.node !== node) return
      this.#second.peersFailed++
      const at = this.#host.clock.date()
      this.failures.add({ at, node, userId, why, local, remote, ignored, cause, ageMs })
    })
    onTimed(listening, hook, (call, seconds) => {
      if (call.socket.node === node) this.#called(call, seconds * 1000)
    })
    listening.onOver(join, (each) => this.#joined(each))
    listening.onOver(broadcast, (each) => {
      if (each.node === node) this.#broadcast(each)
    })
  }

  #called(call: HookTrace, ms: number): void {
    this.#latencies.add(ms)
    if (call.result !== 'ok') this.#second.hookErrors++
    this.hooks.add(call, ms, this.#host.clock.date())
  }

  #joined({ socket, result }: JoinTrace): void {
    if (socket.node !== this.#node || result !== 'ok') return
    this.#second.joins++
    this.#channels++
  }

  #refused(kind: string, words: string, details: Refusal['details']): void {
    this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1)
    this.refusals.add({ at: this.#host.clock.date(), node: this.#node, kind, words, details })
  }

  #broadcast({ topic }: BroadcastTrace): void {
    this.#second.broadcasts++
    const counts = this.#broadcasts
    const count = counts.get(topic)
    if (count === undefined && counts.size >= countedTopics) {
      for (const oldest of counts.keys()) {
        counts.delete(oldest)
        break
      }
    }
    counts.set(topic, (count ?? 0) + 1)
  }
}

interface Counted {
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly slowClosed: number
}
