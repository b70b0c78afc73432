import type { Tracked } from './meta.js'
import type { Op } from './ops.js'
import type { Tracker } from './tracker.js'

/** One presence of another node: it holds its place in lists while its meta changes. */
interface RemotePresence {
  tracked: Tracked
}

/**
 * The presences of one other node, by ref, and whether lists show them. What changes them yields after each of them,
 * for `Slices`; a second change may only begin when the first one is done.
 */
export class RemotePresences {
  readonly #tracker: Tracker
  readonly #byRef = new Map<string, RemotePresence>()
  #isShown = false

  constructor(tracker: Tracker) {
    this.#tracker = tracker
  }

  *apply(ops: readonly Op[]): Generator<void> {
    for (const { left, joined } of ops) {
      const before = left === '' ? undefined : this.#byRef.get(left)
      if (before !== undefined && joined !== undefined && isSamePlace(before.tracked, joined)) {
        this.#replace(before, joined)
      } else {
        if (joined !== undefined) this.#add(joined)
        if (before !== undefined) this.#remove(before)
      }
      yield
    }
  }

  /** From now on they are these: what is new comes before what is gone leaves, so that nobody seems to be away. */
  *replaceAll(current: ReadonlyMap<string, Tracked>): Generator<void> {
    for (const tracked of current.values()) {
      this.#add(tracked)
      yield
    }
    for (const [ref, presence] of this.#byRef) {
      if (current.has(ref)) continue
      this.#remove(presence)
      yield
    }
  }

  *show(): Generator<void> {
    this.#isShown = true
    for (const presence of this.#byRef.values()) {
      this.#tracker.setRemote(presence, presence.tracked)
      yield
    }
  }

  *hide(): Generator<void> {
    if (!this.#isShown) return
    this.#isShown = false
    for (const presence of this.#byRef.values()) {
      this.#tracker.removeRemote(presence, presence.tracked)
      yield
    }
  }

  #add(tracked: Tracked): void {
    const ref = tracked.meta.phx_ref
    if (this.#byRef.has(ref)) return
    const presence = { tracked }
    this.#byRef.set(ref, presence)
    if (this.#isShown) this.#tracker.setRemote(presence, tracked)
  }

  #replace(presence: RemotePresence, joined: Tracked): void {
    const left = presence.tracked
    const ref = joined.meta.phx_ref
    if (this.#byRef.has(ref)) return
    this.#byRef.delete(left.meta.phx_ref)
    this.#byRef.set(ref, presence)
    presence.tracked = joined
    if (this.#isShown) this.#tracker.setRemote(presence, joined, left)
  }

  #remove(presence: RemotePresence): void {
    this.#byRef.delete(presence.tracked.meta.phx_ref)
    if (this.#isShown) this.#tracker.removeRemote(presence, presence.tracked)
  }
}

function isSamePlace(a: Tracked, b: Tracked): boolean {
  return a.topic === b.topic && a.key === b.key
}
