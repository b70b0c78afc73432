import { Roster } from './roster.js'
import type { Change } from './tracker.js'
import type { PresenceDiff } from './types.js'

/** A diff of one topic that is still to be told: of changes of this node, or of others'. */
export class PendingDiff {
  readonly local: boolean
  readonly joins = new Roster()
  readonly leaves = new Roster()
  /** Refs of joins that no list has shown yet. */
  readonly #unseen = new Set<string>()
  /** The last change in it, by who made it. */
  readonly #calls = new Map<object, number>()

  constructor(local: boolean) {
    this.local = local
  }

  get isEmpty(): boolean {
    return this.joins.isEmpty && this.leaves.isEmpty
  }

  /** The JSON text of what {@link toDiff} returns. */
  get text(): string {
    return `{"joins":${this.joins.text},"leaves":${this.leaves.text}}`
  }

  toDiff(): PresenceDiff {
    return { joins: this.joins.toState(), leaves: this.leaves.toState() }
  }

  /** Whether nothing is in it that its owner has changed before: that is a diff of its own. */
  isOpenTo({ owner, call, local }: Change): boolean {
    if (local !== this.local) return false
    const earlier = this.#calls.get(owner)
    return earlier === undefined || earlier === call
  }

  /**
   * What joined and left without having been seen by anybody is left out. What a list has shown in
   * between is in both halves: whoever got that list has to be told of the leave. What left and is back, as the
   * presences of a node that was silent, has only joined: clients take leaves after joins.
   */
  add({ owner, call, joined, left }: Change): void {
    this.#calls.set(owner, call)
    if (left !== undefined) {
      const ref = left.meta.phx_ref
      if (this.#unseen.delete(ref)) this.joins.delete(left.key, ref)
      else this.leaves.set(ref, left)
    }
    if (joined !== undefined) {
      const ref = joined.meta.phx_ref
      if (!this.leaves.delete(joined.key, ref)) this.#unseen.add(ref)
      this.joins.set(ref, joined)
    }
  }

  /** A list shows what is pending here. */
  seen(): void {
    this.#unseen.clear()
  }
}
