import type { Clock } from '../time/clock.js'
import type { Position } from './store.js'

/** Milliseconds in which a key makes a repeat the same message. */
export const keyMs = 120_000

/** Keys that are remembered; the oldest is forgotten for one more. */
const mostKeys = 100_000

interface Used {
  readonly position: Position
  readonly due: number
}

/** The keys that messages were published with, in the order of their times. */
export class PublishKeys {
  readonly #clock: Clock
  readonly #used = new Map<string, Used>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#used.size
  }

  /** Where the message of this key is; undefined where none was published with it lately. */
  find(topic: string, key: string): Position | undefined {
    this.expire()
    return this.#used.get(nameOf(topic, key))?.position
  }

  add(topic: string, key: string, position: Position): void {
    if (this.#used.size >= mostKeys) this.#forgetOldest()
    this.#used.set(nameOf(topic, key), { position, due: this.#clock.now() + keyMs })
  }

  expire(): void {
    const now = this.#clock.now()
    for (const [name, { due }] of this.#used) {
      if (due > now) return
      this.#used.delete(name)
    }
  }

  clear(): void {
    this.#used.clear()
  }

  #forgetOldest(): void {
    for (const name of this.#used.keys()) {
      this.#used.delete(name)
      return
    }
  }
}

/** No two pairs have the same one. */
const nameOf = (topic: string, key: string): string => `${topic.length}:${topic}${key}`
