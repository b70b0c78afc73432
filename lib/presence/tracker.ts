import { randomBytes } from 'node:crypto'

/** What is known of one presence: what the application gave, and the refs of the tracker. */
export interface Meta {
  readonly phx_ref: string
  /** The ref before the last update. */
  readonly phx_ref_prev?: string
  readonly [field: string]: unknown
}

/** Something that changed in a topic; an update is a leave of the old meta and a join of the new one. */
export interface Change {
  readonly topic: string
  readonly key: string
  readonly joined?: Meta
  readonly left?: Meta
}

type Entries = Map<object, Meta>

/**
 * Who is present where (Phoenix.Tracker): metas by topic, key and owner. An owner, which is a
 * channel, has one meta at the most under each key of a topic.
 */
export class Tracker {
  readonly #topics = new Map<string, Map<string, Entries>>()
  readonly #owned = new Map<object, Change[]>()
  readonly #onChange: (change: Change) => void
  readonly #refPrefix = randomBytes(6).toString('base64url')
  #refCount = 0

  constructor(onChange: (change: Change) => void) {
    this.#onChange = onChange
  }

  /** Adds a meta; undefined when the owner has one there already. */
  track(owner: object, topic: string, key: string, meta: object): Meta | undefined {
    const keys = getOrAdd(this.#topics, topic, () => new Map<string, Entries>())
    const entries = getOrAdd(keys, key, () => new Map<object, Meta>())
    if (entries.has(owner)) return undefined
    const joined: Meta = { ...meta, phx_ref: this.#nextRef() }
    entries.set(owner, joined)
    getOrAdd(this.#owned, owner, () => []).push({ topic, key })
    this.#onChange({ topic, key, joined })
    return joined
  }

  /** Replaces a meta by what `change` makes of it; undefined when there is none. */
  update(owner: object, topic: string, key: string, change: (meta: object) => object): Meta | undefined {
    const entries = this.#topics.get(topic)?.get(key)
    const left = entries?.get(owner)
    if (entries === undefined || left === undefined) return undefined
    const { phx_ref, phx_ref_prev, ...meta } = left
    const joined: Meta = { ...change(meta), phx_ref: this.#nextRef(), phx_ref_prev: phx_ref }
    entries.set(owner, joined)
    this.#onChange({ topic, key, joined, left })
    return joined
  }

  /** Takes a meta away; nothing happens when there is none. */
  untrack(owner: object, topic: string, key: string): void {
    if (!this.#remove(owner, topic, key)) return
    const owned = this.#owned.get(owner)?.filter((place) => place.topic !== topic || place.key !== key) ?? []
    if (owned.length > 0) this.#owned.set(owner, owned)
    else this.#owned.delete(owner)
  }

  /** Takes away all that the owner has. */
  untrackAll(owner: object): void {
    const owned = this.#owned.get(owner) ?? []
    this.#owned.delete(owner)
    for (const { topic, key } of owned) this.#remove(owner, topic, key)
  }

  /** The metas of a topic by key, the oldest first. */
  *list(topic: string): Generator<[key: string, metas: Meta[]]> {
    for (const [key, entries] of this.#topics.get(topic) ?? []) yield [key, [...entries.values()]]
  }

  /** The metas of one key, the oldest first; empty when there is none. */
  get(topic: string, key: string): Meta[] {
    return [...(this.#topics.get(topic)?.get(key)?.values() ?? [])]
  }

  #remove(owner: object, topic: string, key: string): boolean {
    const keys = this.#topics.get(topic)
    const entries = keys?.get(key)
    const left = entries?.get(owner)
    if (keys === undefined || entries === undefined || left === undefined) return false
    entries.delete(owner)
    if (entries.size === 0) keys.delete(key)
    if (keys.size === 0) this.#topics.delete(topic)
    this.#onChange({ topic, key, left })
    return true
  }

  #nextRef(): string {
    return `${this.#refPrefix}${(this.#refCount++).toString(36)}`
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
