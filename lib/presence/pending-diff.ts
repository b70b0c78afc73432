import { Roster } from './roster.js'
import type { Change } from './tracker.js'
import type { PresenceDiff } from './types.js'

/** What changed in one topic since its last diff. */
export class PendingDiff {
  readonly joins = new Roster()
  readonly leaves = new Roster()
  /** Refs of joins that no list has shown yet. */
  readonly #unseen = new Set<string>()

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

  /**
   * What joined and left without having been seen by anybody is left out. What a list has shown in
   * between is in both halves: whoever got that list has to be told of the leave.
   */
  add({ joined, left }: Change): void {
    if (left !== undefined) {
      const ref = left.meta.phx_ref
      if (this.#unseen.delete(ref)) this.joins.delete(left.key, ref)
      else this.leaves.set(ref, left)
    }
    if (joined !== undefined) {
      const ref = joined.meta.phx_ref
      this.#unseen.add(ref)
      this.joins.set(ref, joined)
    }
  }

  /** A list shows what is pending here. */
  seen(): void {
    this.#unseen.clear()
  }
}
