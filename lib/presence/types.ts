import type { Clock } from '../time/clock.js'
import type { Meta } from './meta.js'

/** One presence as clients see it: its metas, one for each place it is tracked from, and what `fetch` added. */
export interface PresenceEntry {
  /** One for each channel that is tracked under the key. */
  metas: Meta[]
  [field: string]: unknown
}

/** Presences by key: what phoenix.js gets as `presence_state`. */
export type PresenceState = Record<string, PresenceEntry>

/** What phoenix.js gets as `presence_diff`: joins are applied first, then leaves. */
export interface PresenceDiff {
  /** What came, and what a changed meta became. */
  joins: PresenceState
  /** What went, and what a changed meta was. */
  leaves: PresenceState
}

/** How a change went: the new `phx_ref`, or why nothing was changed. */
export type TrackResult = { ok: true; ref: string } | { ok: false; reason: 'already_tracked' | 'nopresence' }

/** Adds fields to entries; see the option `fetch` of {@link PresenceOptions}. */
export type PresenceFetch = (topic: string, entries: PresenceState) => PresenceState | Promise<PresenceState>

/** Where the changes of a diff were made; one diff has changes of one side alone. */
export interface DiffOrigin {
  /** True for channels of this node, false for those of other nodes of the cluster. */
  readonly local: boolean
}

/** How one tracker works; all of it is optional. */
export interface PresenceOptions {
  /**
   * Names the tracker on all nodes of a cluster: those of one name show each other's presences. Give it to the plugin
   * as its option `presence`, or it joins the others when the first channel of its node uses it. One object serves
   * one node, and a node has one tracker of a name. Default: no name, and each node has presences of its own.
   */
  name?: string
  /**
   * Adds to the entries of a list or a diff, many at once (`fetch/2` of Phoenix.Presence): gets entries
   * of its own to change, and returns them, each with its `metas`. While it runs for one topic others
   * go on. When it fails, `list` and `get` reject; what clients are sent goes out without its fields.
   * Default: nothing is added.
   */
  fetch?: PresenceFetch
  /**
   * Milliseconds that one `fetch` may take before it counts as failed. 0 is no limit for `list` and `get`;
   * what clients are sent then waits for five seconds at the most. A channel that is entered waits for no
   * limit beyond five seconds. Default 5,000.
   */
  fetchTimeoutMs?: number
  /**
   * Is told of every diff after it was broadcast, in the order of the changes (`handle_metas/4`), on every node of a
   * cluster. It is not waited for, and its failures are logged.
   */
  onDiff?: (topic: string, diff: PresenceDiff, from: DiffOrigin) => void | Promise<void>
  /** Where time comes from. Default: the machine's clock. */
  clock?: Clock
}
