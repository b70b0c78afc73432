import { randomBytes } from 'node:crypto'
import {
  type JetStream,
  JetStreamError,
  nanosPerMs,
  type StoredMessage,
  type StreamConfig,
  streamName
} from './jetstream.js'
import { repeatMs } from './kept-marks.js'
import { encodeRecord, firstRecord, type Kept, type KeptRecord, keptHeader, recordIn } from './kept-record.js'
import { subjectOf } from './subjects.js'

/** Milliseconds for which the place of a channel outlives its last message. */
const placeMs = 30 * 24 * 60 * 60 * 1000

/** Of versions 2 of the server: older ones took both of two messages that follow on the same one into a stream with replicas. */
const replicatedSince = 10

interface KeptConfig extends StreamConfig {
  readonly num_replicas: number
  readonly republish: { readonly src: string; readonly dest: string }
}

/**
 * The stream of JetStream that keeps the messages of all channels, a subject for each. What it has taken it publishes on
 * the subject of the channel itself, in the order of its numbers. It has no bound by subject: a size that is changed,
 * one node after the other, would need another stream, and topics would be in two of them.
 */
export class KeptStream {
  readonly name: string
  readonly #prefix: string
  readonly #config: KeptConfig

  constructor(prefix: string, replicas: number) {
    const subject = `${prefix}.%kept.*`
    this.name = streamName(prefix, 'history')
    this.#prefix = prefix
    this.#config = {
      name: this.name,
      subjects: [subject],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      num_replicas: replicas,
      max_age: placeMs * nanosPerMs,
      duplicate_window: repeatMs * nanosPerMs,
      republish: { src: subject, dest: `${prefix}.{{wildcard(1)}}` }
    }
  }

  /** The subject of what is kept of a channel. */
  subjectOf(channel: string): string {
    return subjectOf(`${this.#prefix}.%kept`, channel)
  }

  /** Makes it, unless it is there. Rejects where it is there and does something else. */
  async open(jetStream: JetStream): Promise<void> {
    if (jetStream.knows(this.name)) return jetStream.stream(this.#config)
    this.#demandReplicas(jetStream, this.#config.num_replicas)
    await jetStream.stream(this.#config, (found) => {
      const { src, dest } = this.#config.republish
      const subjects: readonly unknown[] = Array.isArray(found.subjects) ? found.subjects : []
      if (Object(found.republish).dest !== dest || !subjects.includes(src))
        throw new Error(`the stream ${this.name} is another one: it has to republish ${src} as ${dest}`)
      this.#demandReplicas(jetStream, Number(found.num_replicas))
    })
  }

  #demandReplicas({ version: [major, minor] }: JetStream, count: number): void {
    if (count <= 1 || major > 2 || minor >= replicatedSince) return
    throw new Error(
      `the stream ${this.name} has replicas, which takes nats-server 2.${replicatedSince} or later`
    )
  }

  /** The last message of a subject; undefined where it has none. */
  async last(jetStream: JetStream, subject: string): Promise<Kept | undefined> {
    const found = await jetStream.last(this.name, subject)
    if (found === undefined) return undefined
    const kept = keptOf(found)
    if (kept === undefined) throw new Error(`what the stream ${this.name} has is of somebody else`)
    return kept
  }

  /** The message of a number; undefined where it is gone. */
  async at(jetStream: JetStream, seq: number): Promise<Kept | undefined> {
    const found = await jetStream.at(this.name, seq)
    return found && keptOf(found)
  }

  /**
   * Begins an epoch behind the message of that number, 0 for none.
   *
   * @returns undefined where somebody was faster
   */
  async begin(jetStream: JetStream, subject: string, last: number): Promise<Kept | undefined> {
    const record = firstRecord(newEpoch(), 0, 1)
    try {
      const { seq } = await jetStream.publish(subject, new Uint8Array(1), {
        last,
        headers: headersOf(record)
      })
      return { seq, record }
    } catch (err) {
      if (err instanceof JetStreamError && err.isConflict) return undefined
      throw err
    }
  }

  /** Takes away what is ahead of a number. */
  async trim(jetStream: JetStream, subject: string, seq: number): Promise<void> {
    await jetStream.api(`STREAM.PURGE.${this.name}`, { filter: subject, seq })
  }
}

function keptOf({ seq, headers, data: bytes, at }: StoredMessage): Kept | undefined {
  const record = recordIn(headers)
  return record && { seq, record, stored: { bytes, at } }
}

export const newEpoch = (): string => randomBytes(9).toString('base64url')

export const headersOf = (record: KeptRecord): Record<string, string> => ({
  [keptHeader]: encodeRecord(record)
})
