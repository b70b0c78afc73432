import type { HistorySlice } from '../history/store.js'
import type { EngineHistory, EngineQuery, EngineSlice } from './adapter.js'
import { keptMessages } from './kept-messages.js'

interface Reading {
  readonly current: Promise<HistorySlice>
  next: Promise<HistorySlice> | undefined
}

/**
 * Reads for many at once: while one of a channel is under way, all who ask share the one behind it. It sees all that
 * was published before they asked; the one that is under way may not. Messages are taken apart once for all of them.
 */
export class SharedReads {
  readonly #history: EngineHistory
  readonly #readings = new Map<string, Reading>()

  constructor(history: EngineHistory) {
    this.#history = history
  }

  /** The last messages of a channel, or at least those that are asked for. */
  recent(channel: string, query: EngineQuery): Promise<HistorySlice> {
    const { limit, ttlMs, epoch } = query
    const reading = this.#readings.get(nameOf(channel, query))
    // Nobody shares it, so that it need not be more than what is asked for.
    if (reading === undefined) return this.#read(channel, query)
    reading.next ??= reading.current.then(
      (before) => this.#read(channel, { limit, ttlMs, epoch }, before),
      () => this.#read(channel, { limit, ttlMs, epoch })
    )
    return reading.next
  }

  #read(channel: string, query: EngineQuery, before?: HistorySlice): Promise<HistorySlice> {
    const current = this.#history.read(channel, query).then((slice) => sliceOf(slice, before))
    const reading: Reading = { current, next: undefined }
    const name = nameOf(channel, query)
    this.#readings.set(name, reading)
    const done = (): void => {
      if (this.#readings.get(name) === reading && reading.next === undefined) this.#readings.delete(name)
    }
    current.then(done, done)
    return current
  }
}

/** Who says another epoch has another read: there is little to be read for it. */
const nameOf = (channel: string, { limit, epoch = '' }: EngineQuery): string => `${limit} ${epoch} ${channel}`

/** Messages that the read before had, too, are the same ones: what they were made into is of use again. */
function sliceOf(slice: EngineSlice, before: HistorySlice | undefined): HistorySlice {
  const { epoch, offset } = slice
  const known = before?.position.epoch === epoch ? before.messages : []
  return { position: { epoch, offset }, loss: undefined, messages: keptMessages(slice, known) }
}
