import type { Change, Meta } from './tracker.js'

/** Metas by key. */
export type MetasByKey = Map<string, Meta[]>

/**
 * What changed in one topic since it was last told. What joined and left in between was never seen
 * by anybody and is left out.
 */
export class PendingDiff {
  readonly joins: MetasByKey = new Map()
  readonly leaves: MetasByKey = new Map()

  get isEmpty(): boolean {
    return this.joins.size === 0 && this.leaves.size === 0
  }

  add({ key, joined, left }: Change): void {
    if (left !== undefined && !this.#takeJoin(key, left)) append(this.leaves, key, left)
    if (joined !== undefined) append(this.joins, key, joined)
  }

  #takeJoin(key: string, { phx_ref }: Meta): boolean {
    const metas = this.joins.get(key)
    const index = metas?.findIndex((meta) => meta.phx_ref === phx_ref) ?? -1
    if (metas === undefined || index < 0) return false
    metas.splice(index, 1)
    if (metas.length === 0) this.joins.delete(key)
    return true
  }
}

function append(metasByKey: MetasByKey, key: string, meta: Meta): void {
  const metas = metasByKey.get(key)
  if (metas === undefined) metasByKey.set(key, [meta])
  else metas.push(meta)
}
