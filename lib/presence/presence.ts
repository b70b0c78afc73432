import type { Channel } from '../channel.js'
import { PresenceMetaInvalid } from '../errors.js'
import type { Assigns } from '../hooks/types.js'
import { type MetasByKey, PendingDiff } from './diff.js'
import { type Change, type Meta, Tracker } from './tracker.js'

/** One presence as clients see it: its metas, one for each place it is tracked from, and what `fetch` added. */
export interface PresenceEntry {
  metas: Meta[]
  [field: string]: unknown
}

/** Presences by key: what phoenix.js gets as `presence_state`. */
export type PresenceState = Record<string, PresenceEntry>

/** What phoenix.js gets as `presence_diff`. */
export interface PresenceDiff {
  joins: PresenceState
  leaves: PresenceState
}

/** How a change went: the new `phx_ref`, or why nothing was changed. */
export type TrackResult = { ok: true; ref: string } | { ok: false; reason: 'already_tracked' | 'nopresence' }

export interface PresenceOptions {
  /**
   * Adds to the entries of a list or a diff, many at once (`fetch/2`): returns them with further
   * fields. What it throws or rejects with makes `list` and `get` fail; a diff then goes out without.
   */
  fetch?: (topic: string, entries: PresenceState) => PresenceState | Promise<PresenceState>
  /** Is told of every diff after it was broadcast (`handle_metas/4`). */
  onDiff?: (topic: string, diff: PresenceDiff) => void
}

/** What a broadcast goes out through. */
type Voice = Pick<Channel<Assigns>, 'endpoint' | 'log'>

/** Any channel, whatever its assigns are. */
type AnyChannel = Pick<Channel<Assigns>, 'topic' | 'signal' | 'endpoint' | 'log'>

const nopresence: TrackResult = { ok: false, reason: 'nopresence' }

/**
 * Tracks who is present in topics, and broadcasts `presence_diff` to them (Phoenix.Presence). What a
 * channel tracks goes when the channel ends, for whatever reason. Several trackers are independent
 * of each other.
 */
export class Presence {
  readonly #options: PresenceOptions
  readonly #tracker = new Tracker((change) => this.#changed(change))
  readonly #diffs = new Map<string, PendingDiff>()
  readonly #channels = new WeakSet<object>()
  /** Whom the diffs go out through: any channel knows the endpoint, also when it has ended. */
  #voice: Voice | undefined
  #broadcasting: Promise<void> | undefined

  constructor(options: PresenceOptions = {}) {
    this.#options = options
  }

  /**
   * Tracks a channel under a key of its topic; `already_tracked` when it is.
   * Throws `PHX_ERR_PRESENCE_META` when the meta is no object.
   */
  track(channel: AnyChannel, key: string | number, meta: object = {}): TrackResult {
    if (channel.signal.aborted) return nopresence
    this.#voice = channel
    if (!this.#channels.has(channel)) {
      this.#channels.add(channel)
      channel.signal.addEventListener('abort', () => this.#tracker.untrackAll(channel), { once: true })
    }
    const joined = this.#tracker.track(channel, channel.topic, String(key), demandMeta(meta))
    return joined === undefined ? { ok: false, reason: 'already_tracked' } : { ok: true, ref: joined.phx_ref }
  }

  /**
   * Replaces the meta of a tracked channel by another, or by what a function makes of it;
   * `nopresence` when it is not tracked under that key. Throws `PHX_ERR_PRESENCE_META`.
   */
  update<M extends object>(
    channel: AnyChannel,
    key: string | number,
    change: object | ((meta: M) => object)
  ): TrackResult {
    const make = typeof change === 'function' ? (change as (meta: object) => object) : () => change
    const joined = this.#tracker.update(channel, channel.topic, String(key), (meta) => demandMeta(make(meta)))
    return joined === undefined ? nopresence : { ok: true, ref: joined.phx_ref }
  }

  /** Ends the tracking of a channel under a key. */
  untrack(channel: AnyChannel, key: string | number): void {
    this.#tracker.untrack(channel, channel.topic, String(key))
  }

  /** All presences of a topic. */
  async list(topic: string): Promise<PresenceState> {
    return this.#fetch(topic, new Map(this.#tracker.list(topic)))
  }

  /** The presence of one key; undefined when there is none. */
  async get(topic: string, key: string | number): Promise<PresenceEntry | undefined> {
    const metas = this.#tracker.get(topic, String(key))
    if (metas.length === 0) return undefined
    const entries = await this.#fetch(topic, new Map([[String(key), metas]]))
    return entries[key]
  }

  #changed(change: Change): void {
    let diff = this.#diffs.get(change.topic)
    if (diff === undefined) {
      diff = new PendingDiff()
      this.#diffs.set(change.topic, diff)
    }
    diff.add(change)
    this.#broadcasting ??= this.#broadcastSoon()
  }

  /** One diff for all that changes in the same turn of the event loop, and one after the other. */
  async #broadcastSoon(): Promise<void> {
    await new Promise(setImmediate)
    for (const [topic, diff] of this.#diffs) {
      this.#diffs.delete(topic)
      if (!diff.isEmpty) await this.#broadcast(topic, diff)
    }
    this.#broadcasting = undefined
  }

  async #broadcast(topic: string, { joins, leaves }: PendingDiff): Promise<void> {
    const voice = this.#voice as Voice
    let diff: PresenceDiff
    try {
      diff = { joins: await this.#fetch(topic, joins), leaves: await this.#fetch(topic, leaves) }
    } catch (err) {
      voice.log.error({ err, topic }, 'fetch of presences failed')
      diff = { joins: toState(joins), leaves: toState(leaves) }
    }
    try {
      voice.endpoint.broadcast(topic, 'presence_diff', diff)
      this.#options.onDiff?.(topic, diff)
    } catch (err) {
      voice.log.error({ err, topic }, 'broadcast of a presence diff failed')
    }
  }

  async #fetch(topic: string, metasByKey: MetasByKey): Promise<PresenceState> {
    const { fetch } = this.#options
    const entries = toState(metasByKey)
    return fetch === undefined || metasByKey.size === 0 ? entries : fetch(topic, entries)
  }
}

/** Own properties only, whatever the keys are called. */
function toState(metasByKey: MetasByKey): PresenceState {
  return Object.fromEntries(Array.from(metasByKey, ([key, metas]) => [key, { metas }]))
}

function demandMeta(meta: object): object {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) throw new PresenceMetaInvalid()
  return meta
}
