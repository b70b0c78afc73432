import { randomBytes } from 'node:crypto'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import type { HistoryLimits, HistorySettings } from './options.js'
import { PublishKeys } from './publish-keys.js'
import { Shelf } from './shelf.js'
import type { Appended, Draft, HistorySlice, HistoryStats, HistoryStore, Position } from './store.js'
import { Entry, type EntryShelf, TopicLog } from './topic-log.js'

/** Milliseconds for which the place of a topic is kept that nobody has to do with. */
const positionMs = 30 * 24 * 60 * 60 * 1000

/** Milliseconds between two looks for what is over, at least. */
const lookMs = 1000

export interface MemoryHistoryOptions {
  readonly clock: Clock
  readonly limits: Readonly<HistoryLimits>
  /** Whether the topic has subscribers. */
  isWanted(topic: string): boolean
}

/** Histories in the memory of this process: of the only node there is. They end with it. */
export class MemoryHistory implements HistoryStore {
  readonly #options: MemoryHistoryOptions
  readonly #run = randomBytes(9).toString('base64url')
  /** Topics with subscribers, and those without, the longest idle first. */
  readonly #active = new Map<string, TopicLog>()
  readonly #idle = new Map<string, TopicLog>()
  /** By the time for which messages are kept; there are as many as the application has options. */
  readonly #shelves = new Map<number, EntryShelf>()
  readonly #keys: PublishKeys
  readonly #timer: LookTimer
  #epochs = 0
  #appended = 0
  #messages = 0
  #bytes = 0
  #dropped = 0

  constructor(options: MemoryHistoryOptions) {
    this.#options = options
    this.#keys = new PublishKeys(options.clock)
    this.#timer = new LookTimer(options.clock, () => this.#look())
  }

  get stats(): HistoryStats {
    return {
      topics: this.#active.size + this.#idle.size,
      messages: this.#messages,
      bytes: this.#bytes,
      dropped: this.#dropped
    }
  }

  append(topic: string, { size, ttlMs }: HistorySettings, draft: Draft, key?: string): Appended {
    const used = key === undefined ? undefined : this.#keys.find(topic, key)
    if (used !== undefined) return { position: used, message: undefined }
    const { clock } = this.#options
    const log = this.#use(topic)
    const shelf = this.#shelf(ttlMs)
    const isFirst = shelf.oldest === undefined
    log.end++
    const message = new Entry(log, shelf, draft, {
      at: clock.date(),
      due: clock.now() + ttlMs,
      order: this.#appended++
    })
    log.push(message)
    shelf.add(message)
    this.#messages++
    this.#bytes += message.bytes
    while (log.length > size) this.#shift(log)
    this.#makeRoom()
    if (isFirst) this.#lookLater()
    const { position } = log
    if (key !== undefined) this.#keys.add(topic, key, position)
    return { position, message }
  }

  find(topic: string): Position | undefined {
    return (this.#active.get(topic) ?? this.#idle.get(topic))?.position
  }

  position(topic: string): Position {
    return this.#use(topic).position
  }

  read(topic: string, _settings: HistorySettings, since: Position | undefined, limit: number): HistorySlice {
    this.#expire()
    const log = this.#use(topic)
    const { position, length } = log
    if (since === undefined) return { position, loss: undefined, messages: log.last(length, limit) }
    if (since.epoch !== log.epoch) return { position, loss: 'epoch', messages: [] }
    const missed = log.end - since.offset
    if (missed < 0) return { position, loss: 'ahead', messages: [] }
    if (missed > length) return { position, loss: 'gap', messages: [] }
    return { position, loss: undefined, messages: log.last(missed, limit) }
  }

  wanted(topic: string): void {
    const log = this.#idle.get(topic)
    if (log === undefined) return
    this.#idle.delete(topic)
    this.#active.set(topic, log)
  }

  unwanted(topic: string): void {
    const log = this.#active.get(topic)
    if (log === undefined) return
    this.#active.delete(topic)
    this.#rest(log)
  }

  close(): void {
    this.#timer.stop()
    for (const log of [...this.#active.values(), ...this.#idle.values()]) this.#empty(log)
    this.#active.clear()
    this.#idle.clear()
    this.#keys.clear()
  }

  /** The log of the topic, which is made where there is none. */
  #use(topic: string): TopicLog {
    const active = this.#active.get(topic)
    if (active !== undefined) return active
    const idle = this.#idle.get(topic)
    const log = idle ?? new TopicLog(topic, `${this.#run}${(this.#epochs++).toString(36)}`)
    if (idle === undefined && this.#options.isWanted(topic)) this.#active.set(topic, log)
    else {
      this.#idle.delete(topic)
      this.#rest(log)
    }
    return log
  }

  /** The log is the one that was idle for the shortest time. */
  #rest(log: TopicLog): void {
    log.usedAt = this.#options.clock.now()
    this.#idle.set(log.topic, log)
    if (this.#idle.size > this.#options.limits.idleTopics) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const log of this.#idle.values()) return this.#forget(log)
  }

  #forget(log: TopicLog): void {
    this.#idle.delete(log.topic)
    this.#empty(log)
  }

  #empty(log: TopicLog): void {
    while (log.length > 0) this.#shift(log)
  }

  #shelf(ttlMs: number): EntryShelf {
    let shelf = this.#shelves.get(ttlMs)
    if (shelf === undefined) {
      shelf = new Shelf()
      this.#shelves.set(ttlMs, shelf)
    }
    return shelf
  }

  #shift(log: TopicLog): void {
    const entry = log.shift()
    if (entry === undefined) return
    entry.shelf.delete(entry)
    this.#messages--
    this.#bytes -= entry.bytes
  }

  /** Takes a message out, and those ahead of it in its topic, which may be kept for longer: there are no gaps. */
  #remove(entry: Entry): void {
    const { log } = entry
    for (let left = entry.offset - (log.end - log.length); left > 0; left--) this.#shift(log)
  }

  /** The oldest of all topics go first. */
  #makeRoom(): void {
    while (this.#bytes > this.#options.limits.bytes) {
      let oldest: Entry | undefined
      for (const { oldest: first } of this.#shelves.values()) {
        if (first !== undefined && (oldest === undefined || first.order < oldest.order)) oldest = first
      }
      if (oldest === undefined) return
      const before = this.#messages
      this.#remove(oldest)
      this.#dropped += before - this.#messages
    }
  }

  #expire(): void {
    const now = this.#options.clock.now()
    for (const shelf of this.#shelves.values()) {
      for (let first = shelf.oldest; first !== undefined && first.due <= now; first = shelf.oldest) {
        this.#remove(first)
      }
    }
  }

  #look(): void {
    this.#expire()
    this.#keys.expire()
    const forgotten = this.#options.clock.now() - positionMs
    for (const log of this.#idle.values()) {
      if (log.usedAt > forgotten) break
      this.#forget(log)
    }
    this.#lookLater()
  }

  /** When the next message is over. Topics without one are looked at when there is one. */
  #lookLater(): void {
    const now = this.#options.clock.now()
    let next: number | undefined
    for (const { oldest } of this.#shelves.values()) {
      if (oldest !== undefined) next = Math.min(next ?? oldest.due, oldest.due)
    }
    if (next !== undefined) this.#timer.start(Math.max(lookMs, next - now))
  }
}
