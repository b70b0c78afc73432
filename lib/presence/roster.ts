import { stringify } from '../protocol/serializer/json.js'
import type { Meta, Tracked } from './meta.js'
import type { PresenceState } from './types.js'

/** The metas of one key by who holds them, the oldest first. */
class RosterEntry {
  readonly held = new Map<unknown, Tracked>()
  readonly #head: string
  #text: string | undefined

  constructor(key: string) {
    this.#head = `${stringify(key)}:{"metas":[`
  }

  get metas(): Meta[] {
    return Array.from(this.held.values(), ({ meta }) => meta)
  }

  /** The entry as a member of a JSON object, kept until it changes. */
  get text(): string {
    this.#text ??= `${this.#head}${Array.from(this.held.values(), ({ text }) => text).join()}]}`
    return this.#text
  }

  changed(): void {
    this.#text = undefined
  }
}

/**
 * Metas by key and by who holds them. Its JSON text is put together from texts that are kept: one
 * change makes the text of one entry anew, however many there are.
 */
export class Roster {
  readonly #entries = new Map<string, RosterEntry>()
  #text: string | undefined

  /** How many keys there are. */
  get size(): number {
    return this.#entries.size
  }

  /** The first so many of them, with their metas. */
  first(count: number): [key: string, metas: Meta[]][] {
    const found: [string, Meta[]][] = []
    for (const [key, { metas }] of this.#entries) {
      if (found.length >= count) break
      found.push([key, metas])
    }
    return found
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** The JSON text of what {@link toState} returns. */
  get text(): string {
    this.#text ??= `{${this.#entryTexts().join()}}`
    return this.#text
  }

  get(key: string, holder: unknown): Tracked | undefined {
    return this.#entries.get(key)?.held.get(holder)
  }

  /** The metas of one key, the oldest first; empty when there is none. */
  metas(key: string): Meta[] {
    return this.#entries.get(key)?.metas ?? []
  }

  /** Adds a meta, or replaces the one that the holder has under that key. */
  set(holder: unknown, tracked: Tracked): void {
    let entry = this.#entries.get(tracked.key)
    if (entry === undefined) {
      entry = new RosterEntry(tracked.key)
      this.#entries.set(tracked.key, entry)
    }
    entry.held.set(holder, tracked)
    this.#changed(entry)
  }

  /** Takes a meta away; false when there is none. */
  delete(key: string, holder: unknown): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined || !entry.held.delete(holder)) return false
    if (entry.held.size === 0) this.#entries.delete(key)
    this.#changed(entry)
    return true
  }

  /** Entries that are the caller's to change; own properties only, whatever the keys are called. */
  toState(): PresenceState {
    return Object.fromEntries(Array.from(this.#entries, ([key, { metas }]) => [key, { metas }]))
  }

  /** For large topics this loop is what one more join costs; filling an array is the quickest way. */
  #entryTexts(): string[] {
    const texts = new Array<string>(this.#entries.size)
    let index = 0
    for (const entry of this.#entries.values()) texts[index++] = entry.text
    return texts
  }

  #changed(entry: RosterEntry): void {
    entry.changed()
    this.#text = undefined
  }
}
