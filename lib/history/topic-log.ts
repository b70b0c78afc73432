import type { JsonText } from '../protocol/serializer/json.js'
import { sizeOf } from '../util/size-of.js'
import type { Shelf, Shelved } from './shelf.js'
import type { Draft, KeptMessage, Position, Sender } from './store.js'

/** How many places at its front may be empty before the rest moves up. */
const maxEmpty = 64

/** About what a message takes beside its text. */
const overhead = 200

/** All messages that are kept for the same time, the oldest first. */
export type EntryShelf = Shelf<Entry>

/** When a message came, and its place among all messages of all topics. */
export interface Arrival {
  /** In milliseconds since 1970. */
  readonly at: number
  /** When its time is over, on the clock's `now`. */
  readonly due: number
  readonly order: number
}

/** A message in the memory of this node. */
export class Entry implements KeptMessage, Shelved<Entry> {
  readonly log: TopicLog
  readonly shelf: EntryShelf
  readonly offset: number
  readonly event: string
  readonly payload: JsonText | Uint8Array
  readonly sender: Sender | undefined
  readonly at: number
  readonly due: number
  readonly order: number
  /** What it takes. */
  readonly bytes: number
  older: Entry | undefined
  newer: Entry | undefined

  constructor(
    log: TopicLog,
    shelf: EntryShelf,
    { event, payload, sender }: Draft,
    { at, due, order }: Arrival
  ) {
    this.log = log
    this.shelf = shelf
    this.offset = log.end
    this.event = event
    this.payload = payload
    this.sender = sender
    this.at = at
    this.due = due
    this.order = order
    const content = payload instanceof Uint8Array ? payload.byteLength : sizeOf(payload.text)
    this.bytes = content + event.length + overhead
  }
}

/** What is kept of one topic, in the order of the offsets, which have no gaps. */
export class TopicLog {
  readonly topic: string
  readonly epoch: string
  /** Offset of the last message that there ever was. */
  end = 0
  /** When somebody last had to do with it, on the clock's `now`. */
  usedAt = 0
  #entries: (Entry | undefined)[] = []
  #head = 0

  constructor(topic: string, epoch: string) {
    this.topic = topic
    this.epoch = epoch
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  get position(): Position {
    return { epoch: this.epoch, offset: this.end }
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** Takes the oldest out. */
  shift(): Entry | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#entries[this.#head++] = undefined
    if (this.length === 0) {
      this.#entries = []
      this.#head = 0
    } else if (this.#head > maxEmpty && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  /** The first `limit` of the last `count`. */
  last(count: number, limit: number): readonly Entry[] {
    const start = this.#entries.length - count
    return this.#entries.slice(start, start + Math.min(limit, count)) as Entry[]
  }
}
