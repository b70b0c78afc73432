import type { PresenceDiff, PresenceState } from './types.js'

/** What a client that holds `state` holds after these diffs, as phoenix.js works it out. */
export function applyDiffs(state: PresenceState, diffs: readonly PresenceDiff[]): PresenceState {
  if (diffs.length === 0) return state
  // A map, as assigning to an object's `__proto__` would not make a property of it.
  const entries = new Map(Object.entries(state))
  for (const { joins, leaves } of diffs) {
    for (const [key, joined] of Object.entries(joins)) {
      const refs = refsOf(joined.metas)
      const stay = entries.get(key)?.metas.filter(({ phx_ref }) => !refs.has(phx_ref)) ?? []
      entries.set(key, { ...joined, metas: [...stay, ...joined.metas] })
    }
    for (const [key, left] of Object.entries(leaves)) {
      const entry = entries.get(key)
      if (entry === undefined) continue
      const refs = refsOf(left.metas)
      const metas = entry.metas.filter(({ phx_ref }) => !refs.has(phx_ref))
      if (metas.length > 0) entries.set(key, { ...entry, metas })
      else entries.delete(key)
    }
  }
  return Object.fromEntries(entries)
}

function refsOf(metas: readonly { phx_ref: string }[]): Set<string> {
  return new Set(metas.map(({ phx_ref }) => phx_ref))
}
