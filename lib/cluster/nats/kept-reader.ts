import type { Msg } from '@nats-io/transport-node'
import type { EngineMessage, EngineQuery } from '../adapter.js'
import { type JetStream, nanosPerMs } from './jetstream.js'
import { decodeRecord, type Kept, keptHeader, type Place, placesFrom } from './kept-record.js'
import type { KeptStream } from './kept-stream.js'

/** Messages that are read besides those that are asked for, at most: it saves questions. */
const mostBesides = 64

/** Messages that are asked for at first, before it is known how large they are; and bytes that are afterwards. */
const firstBatch = 50
const batchBytes = 16 * 1024 * 1024
const maxBatch = 1_000

/** Milliseconds after which the server forgets a reader that was not taken away. */
const readerMs = 10_000

/** Reads messages of a channel whose last one is known. */
export class KeptReader {
  readonly #jetStream: JetStream
  readonly #stream: KeptStream
  readonly #subject: string
  readonly #last: Kept

  constructor(jetStream: JetStream, stream: KeptStream, subject: string, last: Kept) {
    this.#jetStream = jetStream
    this.#stream = stream
    this.#subject = subject
    this.#last = last
  }

  /** Rejects where some of them go while they are read. */
  async read({ after, limit, ttlMs, epoch, isWhole = false }: EngineQuery): Promise<EngineMessage[]> {
    const { offset: end, size, epoch: own } = this.#last.record
    const isFar = isWhole && after !== undefined && end - after > limit
    if (isFar || (epoch !== undefined && epoch !== own)) return []
    const oldest = Math.max(1, end - size + 1)
    const first = Math.max(oldest, after === undefined ? end - limit + 1 : after + 1)
    if (limit <= 0 || first > end) return []
    const { now } = this.#jetStream
    const recent = this.#recent(end - first + 1)
    if (now !== undefined && recent !== undefined)
      return (await this.#readFew(recent, now - ttlMs)).slice(0, limit)
    const asked = Math.min(limit, end - first + 1)
    const start = await this.#find(first, Math.max(mostBesides, asked))
    return this.#readFrom(start, { first, limit, ttlMs })
  }

  /** The numbers of that many at the end, the last first; undefined where it does not say so much. */
  #recent(count: number): number[] | undefined {
    const { seq, record, stored } = this.#last
    const isKnown = stored !== undefined && record.recent.length >= count - 1
    return isKnown ? [seq, ...record.recent.slice(0, count - 1)] : undefined
  }

  /** Reads a few at once, each by its number. */
  async #readFew([, ...others]: number[], over: number): Promise<EngineMessage[]> {
    const found = await Promise.all(others.map((seq) => this.#stream.at(this.#jetStream, seq)))
    const { epoch, offset: end } = this.#last.record
    const messages: EngineMessage[] = []
    for (const kept of [this.#last, ...found]) {
      const isNext = kept?.record.epoch === epoch && kept.record.offset === end - messages.length
      // What is ahead of one that is gone, or over, is so, too.
      if (!isNext || kept.stored === undefined || kept.stored.at <= over) break
      messages.push({ offset: kept.record.offset, ...kept.stored })
    }
    return messages.reverse()
  }

  async #readFrom(
    start: Place,
    { first, limit, ttlMs }: { first: number; limit: number; ttlMs: number }
  ): Promise<EngineMessage[]> {
    const { name, pending, now } = await this.#open(start.seq)
    try {
      const reading = new Reading(this.#last, { from: start.offset, first, limit, over: now - ttlMs })
      let left = pending
      let batch = firstBatch
      while (left > 0 && !reading.isDone) {
        const count = Math.min(batch, left, reading.missing)
        const messages = await this.#jetStream.next(this.#stream.name, name, count)
        for (const message of messages) reading.take(message)
        if (messages.length === 0) break
        left -= messages.length
        batch = batchBehind(messages)
      }
      return reading.end()
    } finally {
      // Nobody has to wait for it.
      this.#jetStream.api(`CONSUMER.DELETE.${this.#stream.name}.${name}`, {}).catch(() => {})
    }
  }

  /** A place at or ahead of an offset: so many messages ahead, at most, where it is not the first of all. */
  async #find(offset: number, mostAhead: number): Promise<Place> {
    let from = this.#last
    for (;;) {
      const places = placesFrom(from)
      const near = places.find((place) => place.offset <= offset) as Place
      const far = places.findLast((place) => place.offset > offset)
      if (offset - near.offset <= mostAhead || far === undefined || far.seq === from.seq) return near
      const next = await this.#stream.at(this.#jetStream, far.seq)
      // All ahead of it is gone, too.
      if (next?.record.epoch !== from.record.epoch) return far
      from = next
    }
  }

  #open(seq: number): ReturnType<JetStream['consumer']> {
    return this.#jetStream.consumer(this.#stream.name, {
      deliver_policy: 'by_start_sequence',
      opt_start_seq: seq,
      ack_policy: 'none',
      filter_subject: this.#subject,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: readerMs * nanosPerMs
    })
  }
}

/** What has come of what was asked for. */
class Reading {
  readonly #last: Kept
  readonly #first: number
  readonly #limit: number
  /** Time at which messages are over. */
  readonly #over: number
  #messages: EngineMessage[] = []
  /** Up to which offset all has come. */
  #seen: number

  constructor(
    last: Kept,
    { from, first, limit, over }: { from: number; first: number; limit: number; over: number }
  ) {
    this.#last = last
    this.#first = first
    this.#limit = limit
    this.#over = over
    this.#seen = from - 1
  }

  get isDone(): boolean {
    return this.#seen >= this.#last.record.offset || this.#messages.length >= this.#limit
  }

  /** How many are to come at least, as far as none is over. */
  get missing(): number {
    const ahead = Math.max(0, this.#first - 1 - this.#seen)
    const rest = this.#last.record.offset - this.#seen - ahead
    return ahead + Math.min(rest, this.#limit - this.#messages.length)
  }

  take(message: Msg): void {
    const record = decodeRecord(message.headers?.get(keptHeader) ?? '')
    const { epoch, offset: end } = this.#last.record
    if (record === undefined || record.epoch !== epoch || record.offset > end || this.isDone) return
    const { offset } = record
    this.#seen = offset
    const at = timeOf(message)
    if (offset < this.#first || at <= this.#over) return
    // What is ahead of a gap is of no use.
    if (this.#messages.length > 0 && this.#messages.at(-1)?.offset !== offset - 1) this.#messages = []
    this.#messages.push({ offset, at, bytes: message.data })
  }

  end(): EngineMessage[] {
    if (!this.isDone) throw new Error('messages went while they were read')
    return this.#messages
  }
}

/** As many as are not too many bytes at once: the server ends connections that take what it sends too slowly. */
function batchBehind(messages: readonly Msg[]): number {
  const bytes = messages.reduce((sum, { data }) => sum + data.length, 0)
  const most = Math.floor((batchBytes * messages.length) / Math.max(1, bytes))
  return Math.min(Math.max(1, most), maxBatch)
}

/** When the server has taken it, in milliseconds: newer servers have two more tokens ahead of that one, and others behind it. */
function timeOf({ reply = '' }: Msg): number {
  const tokens = reply.split('.')
  const nanos = tokens[tokens.length === 9 ? 7 : 9] ?? ''
  return Number(nanos.slice(0, -6))
}
