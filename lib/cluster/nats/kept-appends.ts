import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import type { Position } from '../../history/store.js'
import { oneLine } from '../../log/one-line.js'
import { Queue } from '../../util/queue.js'
import { Slots } from '../../util/slots.js'
import type { KeepOptions } from '../adapter.js'
import { notDone, whyNotDone } from '../not-done.js'
import { type JetStream, JetStreamError, type JetStreams, NoJetStream } from './jetstream.js'
import { cutAt, cutOf } from './kept-marks.js'
import { firstRecord, type Kept, recordBehind } from './kept-record.js'
import { headersOf, type KeptStream, newEpoch } from './kept-stream.js'

/** Milliseconds in which a message has to be taken that others are ahead of. */
const patienceMs = 5_000

/** Messages of one channel that go one right behind the other: then other nodes get a turn. */
const turn = 32

/** Milliseconds that who waits for the end of what another node has under way waits at most. */
const mostBusyMs = 8

/** Channels of which one is under way at once: what the server has to do first is no reason for it not to answer in time. */
const maxUnderWay = 128

/** Bytes of memory that a message takes while it waits, beside its own. */
const overheadBytes = 256

/** Channels whose last message is remembered. */
const maxKnown = 10_000

/** Milliseconds for which that is taken for the last one: the stream may have been made anew. */
const knownMs = 2_000

/** Questions that take away what nobody needs, at once; others come with a later message. */
const maxTrims = 20

interface Waiting {
  readonly bytes: Uint8Array
  readonly options: KeepOptions
  resolve(position: Position): void
  reject(err: unknown): void
}

/** The time of the server, in milliseconds since 1970: the clocks of nodes differ. Undefined while it is not known. */
export type ServerTime = (jetStream: JetStream) => number | undefined

/** A message of the same key was taken, and this one is not. */
const repeatGone = (): Error =>
  notDone(new Error('a message of this key was taken, and it is gone'), 'refused')

/** The last message of a channel, as far as this node knows, at the server of a connection. */
interface Known extends Kept {
  readonly jetStream: JetStream
  readonly since: number
}

/**
 * Appends to the histories of channels. The server takes a message only behind the one that its offset follows on, so that
 * what several nodes append at once gets its offsets one by one; of this node one of a channel is under way at a time.
 */
export class KeptAppends {
  readonly #stream: KeptStream
  readonly #jetStreams: JetStreams
  readonly #maxWaitingBytes: number
  readonly #queues = new Map<string, Queue<Waiting>>()
  readonly #known = new Map<string, Known>()
  readonly #slots = new Slots(maxUnderWay)
  readonly #time: ServerTime
  #trims = 0
  #waitingBytes = 0
  #isClosed = false
  /** Told when nothing waits any more. */
  #drained: (() => void) | undefined

  constructor(stream: KeptStream, jetStreams: JetStreams, maxWaitingBytes: number, time: ServerTime) {
    this.#stream = stream
    this.#jetStreams = jetStreams
    this.#maxWaitingBytes = maxWaitingBytes
    this.#time = time
  }

  append(channel: string, bytes: Uint8Array, options: KeepOptions): Promise<Position> {
    if (this.#isClosed) return Promise.reject(new ClusterClosed())
    const size = overheadBytes + bytes.length
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > this.#maxWaitingBytes)
      return Promise.reject(notDone(new Error('too much waits for it'), 'not_sent'))
    this.#waitingBytes += size
    const taken = new Promise<Position>((resolve, reject) => {
      const queue = this.#queues.get(channel)
      if (queue !== undefined) return queue.push({ bytes, options, resolve, reject })
      const own = new Queue<Waiting>()
      own.push({ bytes, options, resolve, reject })
      this.#queues.set(channel, own)
      void this.#drain(channel, own)
    })
    const done = (): void => {
      this.#waitingBytes -= size
    }
    taken.then(done, done)
    return taken
  }

  /** A message of a channel has come, which is newer than what is known. */
  heard(channel: string, kept: Kept): void {
    const known = this.#known.get(channel)
    if (known === undefined) return
    if (known.record.epoch !== kept.record.epoch) this.#known.delete(channel)
    else if (known.seq < kept.seq) this.#know(channel, known.jetStream, kept)
  }

  /** Takes no more. Resolves when what waits has been taken, or refused. */
  close(): Promise<void> {
    this.#isClosed = true
    if (this.#queues.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  /** Something else than a message was appended. */
  forget(channel: string): void {
    this.#known.delete(channel)
  }

  async #drain(channel: string, queue: Queue<Waiting>): Promise<void> {
    let since = performance.now()
    for (let count = 1; queue.length > 0; count++) {
      const { resolve, reject, bytes, options } = queue.shift() as Waiting
      try {
        resolve(await this.#slots.use(() => this.#put(channel, bytes, options)))
      } catch (err) {
        reject(err)
        // Who does not answer will not answer the next one sooner.
        if (whyNotDone(err) === undefined) this.#giveUp(queue, err)
      }
      if (count % turn > 0 || queue.length === 0) continue
      // As long as somebody else takes to look and to append.
      await pause(1 + (3 * (performance.now() - since)) / turn)
      since = performance.now()
    }
    this.#queues.delete(channel)
    if (this.#queues.size === 0) this.#drained?.()
  }

  #giveUp(queue: Queue<Waiting>, err: unknown): void {
    for (let waiting = queue.shift(); waiting !== undefined; waiting = queue.shift())
      waiting.reject(notDone(new ClusterUnreachable('NATS', oneLine(err), { cause: err }), 'not_sent'))
  }

  #put(channel: string, bytes: Uint8Array, options: KeepOptions): Promise<Position> {
    return this.#jetStreams.with((jetStream) => this.#putTo(jetStream, channel, bytes, options))
  }

  async #putTo(
    jetStream: JetStream,
    channel: string,
    bytes: Uint8Array,
    options: KeepOptions
  ): Promise<Position> {
    const until = performance.now() + patienceMs
    await this.#stream.open(jetStream)
    const subject = this.#stream.subjectOf(channel)
    let id = options.key === undefined ? undefined : idOf(channel, options.key)
    let gone: number | undefined
    const epoch = newEpoch()
    for (let tries = 1; ; tries++) {
      const last = await this.#last(jetStream, channel, subject)
      if (gone !== undefined) {
        // It went with an epoch that was given up, and of this one it is the first.
        if (last !== undefined && gone >= (last.record.first || last.seq)) throw repeatGone()
        id = idOf(channel, `${options.key}`, last?.record.epoch ?? epoch)
      }
      const now = this.#seconds(jetStream)
      const behind = last ? recordBehind(last, options, now) : firstRecord(epoch, 1, options.size)
      const cut = this.#trims < maxTrims ? cutOf(behind.marks, behind.offset, now, options) : undefined
      const record = cut ? { ...behind, marks: cutAt(behind.marks, cut) } : behind
      try {
        const terms = { last: last?.seq ?? 0, id, headers: headersOf(record) }
        const { seq, duplicate } = await jetStream.publish(subject, bytes, terms)
        if (duplicate) {
          const position = await this.#positionAt(jetStream, seq)
          if (position !== undefined) return position
          if (gone !== undefined) throw repeatGone()
          gone = seq
          this.forget(channel)
          continue
        }
        const kept = { seq, record }
        this.#know(channel, jetStream, kept)
        if (cut !== undefined) void this.#trim(jetStream, subject, cut.seq)
        return { epoch: record.epoch, offset: record.offset }
      } catch (err) {
        // What was heard meanwhile is newer.
        if (this.#known.get(channel) === last) this.#known.delete(channel)
        // Somebody has taken the stream away: it may be made anew.
        if (err instanceof NoJetStream && tries === 1) {
          await this.#stream.open(jetStream)
          continue
        }
        const isLate = performance.now() >= until
        if (isLate || !(err instanceof JetStreamError) || !err.isConflict) throw err
        if (err.isBusy) await pause(Math.random() * mostBusyMs)
      }
    }
  }

  #seconds(jetStream: JetStream): number | undefined {
    const now = this.#time(jetStream)
    if (now === undefined) jetStream.askTime(this.#stream.name)
    return now === undefined ? undefined : Math.floor(now / 1000)
  }

  /** What fails is taken away with what goes next. */
  async #trim(jetStream: JetStream, subject: string, seq: number): Promise<void> {
    this.#trims++
    await this.#stream.trim(jetStream, subject, seq).catch(() => {})
    this.#trims--
  }

  async #last(jetStream: JetStream, channel: string, subject: string): Promise<Kept | undefined> {
    const known = this.#known.get(channel)
    if (known?.jetStream === jetStream && performance.now() - known.since < knownMs) return known
    const last = await this.#stream.last(jetStream, subject)
    return last && this.#know(channel, jetStream, last)
  }

  #know(channel: string, jetStream: JetStream, { seq, record }: Kept): Known {
    const known = { jetStream, seq, record, since: performance.now() }
    this.#known.set(channel, known)
    if (this.#known.size > maxKnown) {
      const [oldest = ''] = this.#known.keys()
      this.#known.delete(oldest)
    }
    return known
  }

  /** Undefined where it is gone. */
  async #positionAt(jetStream: JetStream, seq: number): Promise<Position | undefined> {
    const found = await this.#stream.at(jetStream, seq)
    return found && { epoch: found.record.epoch, offset: found.record.offset }
  }
}

/** Keys are any text, and headers are lines. */
function idOf(channel: string, key: string, epoch = ''): string {
  const text = `${channel.length}:${channel}${epoch.length}:${epoch}${key}`
  return createHash('sha256').update(text, 'utf16le').digest('base64url')
}
