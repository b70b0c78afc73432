import { randomBytes } from 'node:crypto'
import { fieldsOf, type Meta, makeTracked, type Tracked } from './meta.js'
import { Roster } from './roster.js'

/** Something that changed in a topic; an update is a leave of the old meta and a join of the new one. */
export interface Change {
  readonly owner: object
  /** The call that made the change: all that an owner loses at its end is one. */
  readonly call: number
  /** Whether the owner is of this node. */
  readonly local: boolean
  readonly joined?: Tracked
  readonly left?: Tracked
}

/**
 * Who is present where (Phoenix.Tracker): metas by topic, key and owner. An owner, which is a
 * channel, has one meta at the most under each key of a topic. Presences of other nodes are held beside them; each
 * is an owner of its own.
 */
export class Tracker {
  /** How many metas there are: of owners of this node, and of others. */
  readonly counts = { own: 0, others: 0 }
  readonly #topics = new Map<string, Roster>()
  readonly #owned = new Map<object, Set<Tracked>>()
  readonly #onChange: (topic: string, change: Change) => void
  readonly #refPrefix = randomBytes(6).toString('base64url')
  #refCount = 0
  #calls = 0

  constructor(onChange: (topic: string, change: Change) => void) {
    this.#onChange = onChange
  }

  /** How many owners have a meta. */
  get owners(): number {
    return this.#owned.size
  }

  /** Who is present in a topic; undefined when nobody is. */
  roster(topic: string): Roster | undefined {
    return this.#topics.get(topic)
  }

  /**
   * Adds a meta; undefined when the owner has one there already.
   * Throws `PHX_ERR_PRESENCE_META` when the meta is no JSON object.
   */
  track(owner: object, topic: string, key: string, given: object): Meta | undefined {
    if (this.#topics.get(topic)?.get(key, owner) !== undefined) return undefined
    const joined = makeTracked(topic, key, given, { phx_ref: this.#nextRef() })
    getOrAdd(this.#topics, topic, () => new Roster()).set(owner, joined)
    getOrAdd(this.#owned, owner, () => new Set()).add(joined)
    this.counts.own++
    this.#onChange(topic, { owner, call: ++this.#calls, local: true, joined })
    return joined.meta
  }

  /**
   * Replaces a meta by what `change` makes of it; undefined when there is none.
   * Throws `PHX_ERR_PRESENCE_META` when that is no JSON object, and what `change` throws.
   */
  update(owner: object, topic: string, key: string, change: (given: object) => object): Meta | undefined {
    const before = this.#topics.get(topic)?.get(key, owner)
    if (before === undefined) return undefined
    const given = change(fieldsOf(before))
    const roster = this.#topics.get(topic)
    const left = roster?.get(key, owner)
    // What `change` did to this very presence comes first.
    if (roster === undefined || left === undefined) return undefined
    const refs = { phx_ref: this.#nextRef(), phx_ref_prev: left.meta.phx_ref }
    const joined = makeTracked(topic, key, given, refs)
    roster.set(owner, joined)
    const owned = getOrAdd(this.#owned, owner, () => new Set())
    owned.delete(left)
    owned.add(joined)
    this.#onChange(topic, { owner, call: ++this.#calls, local: true, joined, left })
    return joined.meta
  }

  /** Takes a meta away; nothing happens when there is none. */
  untrack(owner: object, topic: string, key: string): void {
    const left = this.#topics.get(topic)?.get(key, owner)
    if (left === undefined) return
    const owned = this.#owned.get(owner)
    owned?.delete(left)
    if (owned?.size === 0) this.#owned.delete(owner)
    this.#remove(owner, left, ++this.#calls, true)
  }

  /** Takes away all that the owner has. */
  untrackAll(owner: object): void {
    const owned = this.#owned.get(owner) ?? []
    const call = ++this.#calls
    this.#owned.delete(owner)
    for (const left of owned) this.#remove(owner, left, call, true)
  }

  /** All that owners of this node have, in one list. */
  own(): Tracked[] {
    const all: Tracked[] = []
    for (const owned of this.#owned.values()) all.push(...owned)
    return all
  }

  /** Adds the meta of a presence of another node, or replaces the one that it had at the same place. */
  setRemote(owner: object, joined: Tracked, left?: Tracked): void {
    getOrAdd(this.#topics, joined.topic, () => new Roster()).set(owner, joined)
    if (left === undefined) this.counts.others++
    const change = { owner, call: ++this.#calls, local: false, joined }
    this.#onChange(joined.topic, left === undefined ? change : { ...change, left })
  }

  /** Takes the meta of a presence of another node away. */
  removeRemote(owner: object, left: Tracked): void {
    this.#remove(owner, left, ++this.#calls, false)
  }

  #remove(owner: object, left: Tracked, call: number, local: boolean): void {
    const { topic, key } = left
    const roster = this.#topics.get(topic)
    roster?.delete(key, owner)
    if (local) this.counts.own--
    else this.counts.others--
    if (roster?.isEmpty) this.#topics.delete(topic)
    this.#onChange(topic, { owner, call, local, left })
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
