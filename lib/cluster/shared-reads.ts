import type { EngineHistory, EngineQuery, EngineSlice } from './adapter.js'

interface Reading {
  readonly current: Promise<EngineSlice>
  next: Promise<EngineSlice> | undefined
}

/**
 * Reads for many at once: while one of a channel is under way, all who ask share the one behind it. It sees all that
 * was published before they asked; the one that is under way may not.
 */
export class SharedReads {
  readonly #history: EngineHistory
  readonly #readings = new Map<string, Reading>()

  constructor(history: EngineHistory) {
    this.#history = history
  }

  /** The last messages of a channel. */
  recent(channel: string, query: EngineQuery): Promise<EngineSlice> {
    const reading = this.#readings.get(`${query.limit} ${channel}`)
    if (reading === undefined) return this.#read(channel, query)
    reading.next ??= reading.current.then(
      () => this.#read(channel, query),
      () => this.#read(channel, query)
    )
    return reading.next
  }

  #read(channel: string, query: EngineQuery): Promise<EngineSlice> {
    const current = this.#history.read(channel, query)
    const reading: Reading = { current, next: undefined }
    const name = `${query.limit} ${channel}`
    this.#readings.set(name, reading)
    const done = (): void => {
      if (this.#readings.get(name) === reading && reading.next === undefined) this.#readings.delete(name)
    }
    current.then(done, done)
    return current
  }
}
