import { Slots } from '../../util/slots.js'
import type { EngineHistory, EngineQuery, EngineSlice, KeepOptions } from '../adapter.js'
import type { JetStream, JetStreams } from './jetstream.js'
import { KeptAppends, type ServerTime } from './kept-appends.js'
import { KeptReader } from './kept-reader.js'
import { decodeRecord, type Kept, keptHeaderBytes } from './kept-record.js'
import { KeptStream } from './kept-stream.js'

/** How often something is tried where another node is faster each time. */
const maxTries = 20

/** Channels that are read at once: what the server has to do first is no reason for it not to answer in time. */
const maxReads = 64

export interface NatsHistoryOptions {
  readonly prefix: string
  readonly replicas: number
  /** Bytes that may wait for the server. */
  readonly outboxBytes: number
  readonly time?: ServerTime
}

/** The histories of topics in a stream of JetStream, which is made with the first of them, unless it is there. */
export class NatsHistory implements EngineHistory {
  readonly #jetStreams: JetStreams
  readonly #stream: KeptStream
  readonly #appends: KeptAppends
  readonly #reads = new Slots(maxReads)

  constructor(
    jetStreams: JetStreams,
    { prefix, replicas, outboxBytes, time = ({ now }) => now }: NatsHistoryOptions
  ) {
    this.#jetStreams = jetStreams
    this.#stream = new KeptStream(prefix, replicas)
    this.#appends = new KeptAppends(this.#stream, jetStreams, outboxBytes, time)
  }

  get maxBytes(): number | undefined {
    const { current } = this.#jetStreams
    return current && Math.max(0, current.maxPayload - keptHeaderBytes)
  }

  append(
    channel: string,
    bytes: Uint8Array,
    options: KeepOptions
  ): Promise<{ epoch: string; offset: number }> {
    return this.#appends.append(channel, bytes, options)
  }

  read(channel: string, query: EngineQuery): Promise<EngineSlice> {
    const subject = this.#stream.subjectOf(channel)
    return this.#reads.use(() => this.#jetStreams.with((jetStream) => this.#read(jetStream, subject, query)))
  }

  async renew(channel: string, known: { epoch: string; offset: number }): Promise<void> {
    const subject = this.#stream.subjectOf(channel)
    await this.#jetStreams.with(async (jetStream) => {
      await this.#stream.open(jetStream)
      for (let tries = 0; tries < maxTries; tries++) {
        const last = await this.#stream.last(jetStream, subject)
        const isBehind = last?.record.epoch === known.epoch && last.record.offset < known.offset
        if (last === undefined || !isBehind) return
        this.#appends.forget(channel)
        const begun = await this.#stream.begin(jetStream, subject, last.seq)
        if (begun === undefined) continue
        // It is of no use to anybody: the epoch is another one.
        await this.#stream.trim(jetStream, subject, begun.seq).catch(() => {})
        return
      }
      throw new Error('other nodes were faster')
    })
  }

  /**
   * Something has come that the stream has kept, with these headers.
   *
   * @returns its position as a text; undefined for what is no message
   */
  heard(channel: string, text: string, seq: string): string | undefined {
    const record = decodeRecord(text)
    if (record === undefined) return undefined
    this.#appends.heard(channel, { seq: Number(seq), record })
    const { offset, epoch } = record
    return offset === 0 ? undefined : `${offset} ${epoch}`
  }

  /** Takes no more messages. Resolves when those that wait have been taken, or refused. */
  close(): Promise<void> {
    return this.#appends.close()
  }

  async #read(jetStream: JetStream, subject: string, query: EngineQuery): Promise<EngineSlice> {
    await this.#stream.open(jetStream)
    const last = await this.#lastOrBegun(jetStream, subject)
    const messages = await new KeptReader(jetStream, this.#stream, subject, last).read(query)
    const { epoch, offset } = last.record
    return { epoch, offset, messages }
  }

  async #lastOrBegun(jetStream: JetStream, subject: string): Promise<Kept> {
    for (let tries = 0; tries < maxTries; tries++) {
      const last =
        (await this.#stream.last(jetStream, subject)) ?? (await this.#stream.begin(jetStream, subject, 0))
      if (last !== undefined) return last
    }
    throw new Error('other nodes were faster')
  }
}
