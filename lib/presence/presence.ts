// The room of presence: who is there on a topic, tracked, and told as state and diffs.
import type { Channel } from '../channel/channel.js'
import { ownNames } from '../cluster/own-names.js'
import { EndpointServer } from '../endpoint/endpoint-server.js'
import { InvalidOption, PresenceKeyInvalid } from '../errors.js'
import { excerpt } from '../log/excerpt.js'
import { demand, isTime, timeRange } from '../options.js'
import type { Assigns } from '../protocol/assigns.js'
import { presenceEvents } from '../protocol/constants.js'
import { JsonText, stringify } from '../protocol/serializer/json.js'
import { isClock, systemClock } from '../time/clock.js'
import { demandKnown, demandRecord } from '../util/demand.js'
import { describe } from '../util/describe.js'
import { logFailure } from '../util/logger.js'
import { applyDiffs } from './apply-diff.js'
import { DiffFeed } from './diff-feed.js'
import { Fetcher } from './fetcher.js'
import { type NamedPresence, presencesOf } from './node-presences.js'
import type { Roster } from './roster.js'
import { defaultSizes, type ReplicationSizes } from './sizes.js'
import { type Change, Tracker } from './tracker.js'
import type { PresenceEntry, PresenceOptions, PresenceState, TrackResult } from './types.js'

/** Whoever can be tracked: any channel, whatever its assigns are. */
export type PresenceOwner = Pick<Channel<Assigns>, 'topic' | 'signal' | 'log'> & {
  readonly endpoint: Pick<Channel['endpoint'], 'localBroadcast'>
}

/** A channel that the list can be pushed to. */
export type PresenceChannel = PresenceOwner & Pick<Channel<Assigns>, 'push' | 'defer'>

const optionNames = new Set(['name', 'fetch', 'fetchTimeoutMs', 'onDiff', 'clock'])

const longestName = 100
const nameProblem = `must be text of 1 to ${longestName} characters that does not begin with "${ownNames}"`

/** What is of no concern to applications; the class sets it. */
let attach: (presence: Presence, endpoint: EndpointServer, sizes?: ReplicationSizes) => void
let isNamed: (presence: Presence) => boolean

const nopresence: TrackResult = { ok: false, reason: 'nopresence' }

/**
 * Tracks who is present in topics, and broadcasts `presence_diff` to them (Phoenix.Presence). What a
 * channel tracks goes when the channel ends, for whatever reason. Several trackers are independent
 * of each other.
 *
 *     const presence = new Presence()
 *     const room = defineChannel({
 *       join (params, channel) {
 *         presence.enter(channel, channel.assigns.userId, { online_at: Date.now() })
 *         return { status: 'ok' }
 *       }
 *     })
 *
 * Changes show in lists at once. They are told in the order in which they were made, so that what
 * phoenix.js's `Presence` holds follows the truth: each change of a channel in a diff of its own, those
 * that several channels make in one turn of the event loop in one.
 */
export class Presence {
  readonly #fetcher: Fetcher | undefined
  readonly #tracker: Tracker
  readonly #feed: DiffFeed
  readonly #channels = new WeakSet<object>()
  readonly #name: string | undefined
  /** The node that it is attached to, which it has to have a name for. */
  #node: EndpointServer | undefined
  /** What other nodes are told with. */
  #changed: ((change: Change) => void) | undefined
  /** Nodes that know of it though it has no name. */
  readonly #known = new WeakSet<object>()

  static {
    attach = (presence, endpoint, sizes) => presence.#attach(endpoint, sizes)
    isNamed = (presence) => presence.#name !== undefined
  }

  /** Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
  constructor(options: PresenceOptions = {}) {
    demandRecord(InvalidOption, 'presence', options)
    demandKnown(demand, options, optionNames)
    const { name, fetch, fetchTimeoutMs = 5_000, onDiff, clock = systemClock } = options
    demand('name', name === undefined || isName(name), nameProblem)
    demand('fetch', fetch === undefined || typeof fetch === 'function', 'must be a function')
    demand('fetchTimeoutMs', isTime(fetchTimeoutMs), `must be a whole number of milliseconds ${timeRange}`)
    demand('onDiff', onDiff === undefined || typeof onDiff === 'function', 'must be a function')
    demand('clock', isClock(clock), 'must be a clock')
    this.#fetcher = fetch === undefined ? undefined : new Fetcher(fetch, fetchTimeoutMs, clock)
    this.#feed = new DiffFeed({
      fetcher: this.#fetcher,
      onDiff,
      isPresent: (topic) => this.#tracker.roster(topic) !== undefined
    })
    this.#tracker = new Tracker((topic, change) => {
      if (change.local) this.#changed?.(change)
      this.#feed.add(topic, change)
    })
    this.#name = name
  }

  /**
   * What almost every channel does when it was joined: tracks it, and then pushes it `presence_state`,
   * in which it finds itself. May be called in `join`: it happens after the reply, and not at all when
   * the join is refused. While `fetch` runs the channel's next messages wait, as long as its limit is five seconds or
   * less. A key
   * or meta that `track` would throw for ends the channel.
   */
  enter(channel: PresenceChannel, key: string | number, meta: object = {}): void {
    channel.defer(() => {
      this.track(channel, key, meta)
      const pushed = this.pushState(channel)
      // Where it may be slow nothing waits for it: a leave would, too.
      if (this.#fetcher?.mayBeSlow !== true) return pushed
      pushed.catch((err: unknown) =>
        logFailure(
          channel.log,
          'error',
          { err, topic: excerpt(channel.topic) },
          'presence_state was not sent'
        )
      )
      return undefined
    })
  }

  /**
   * Tracks a channel under a key of its topic, or of another one: `already_tracked` when it is,
   * `nopresence` when the channel has ended. One key may be tracked by many channels. The meta is not
   * to be changed afterwards. Throws `PHX_ERR_PRESENCE_META` when it is no object or has no JSON, and
   * `PHX_ERR_PRESENCE_KEY` for a key that is neither text nor a number.
   */
  track(
    channel: PresenceOwner,
    key: string | number,
    meta: object = {},
    topic: string = channel.topic
  ): TrackResult {
    this.#useOn(channel)
    if (channel.signal.aborted) return nopresence
    const joined = this.#tracker.track(channel, topic, nameOf(key), meta)
    if (joined === undefined) return { ok: false, reason: 'already_tracked' }
    this.#feed.addOutlet(topic, channel)
    if (!this.#channels.has(channel)) {
      this.#channels.add(channel)
      channel.signal.addEventListener('abort', () => this.#tracker.untrackAll(channel), { once: true })
    }
    return { ok: true, ref: joined.phx_ref }
  }

  /**
   * Replaces the meta of a tracked channel by another, or by what a function makes of it;
   * `nopresence` when it is not tracked under that key. Throws `PHX_ERR_PRESENCE_META` as `track`
   * does, and what the function throws.
   */
  update<M extends object>(
    channel: PresenceOwner,
    key: string | number,
    change: object | ((meta: M) => object),
    topic: string = channel.topic
  ): TrackResult {
    const make = typeof change === 'function' ? (change as (meta: object) => object) : () => change
    const joined = this.#tracker.update(channel, topic, nameOf(key), make)
    return joined === undefined ? nopresence : { ok: true, ref: joined.phx_ref }
  }

  /** Ends the tracking of a channel under a key; nothing happens when it is not tracked there. */
  untrack(channel: PresenceOwner, key: string | number, topic: string = channel.topic): void {
    this.#tracker.untrack(channel, topic, String(key))
  }

  /**
   * All presences of a topic, as they are when the promise resolves. Rejects with what `fetch` throws,
   * `PHX_ERR_PRESENCE_FETCH` when it returned no entries, and `PHX_ERR_PRESENCE_FETCH_TIMEOUT`.
   */
  async list(topic: string): Promise<PresenceState> {
    return this.#withFetched(topic, this.#show(topic)?.toState() ?? {}, (state) => state)
  }

  /** The presence of one key; undefined when there is none. Rejects as `list` does. */
  async get(topic: string, key: string | number): Promise<PresenceEntry | undefined> {
    const name = String(key)
    const metas = this.#show(topic)?.metas(name) ?? []
    if (metas.length === 0) return undefined
    return this.#withFetched(topic, { [name]: { metas } }, (state) =>
      Object.hasOwn(state, name) ? state[name] : undefined
    )
  }

  /**
   * Pushes the presences of its topic to a channel, as `presence_state`: at once where there is no
   * `fetch`. Rejects with `PHX_ERR_CHANNEL_NOT_JOINED` while `join` runs.
   */
  async pushState(channel: PresenceChannel): Promise<void> {
    this.#useOn(channel)
    const { topic, log } = channel
    const push = (text: string): void => channel.push(presenceEvents.state, new JsonText(text))
    const roster = this.#show(topic)
    if (this.#fetcher === undefined || roster === undefined) return push(roster?.text ?? '{}')
    try {
      const fetching = this.#fetcher.stateForClients(topic, roster.toState())
      await this.#following(topic, fetching, (state) => push(stringify(state)))
    } catch (err) {
      logFailure(
        log,
        'error',
        { err, topic: excerpt(topic) },
        'presence_state goes out without what fetch adds'
      )
      push(this.#show(topic)?.text ?? '{}')
    }
  }

  /** The first use by a channel of a node attaches it there; without a name it stays apart from other nodes. */
  #useOn({ endpoint }: Pick<PresenceOwner, 'endpoint'>): void {
    if (endpoint === this.#node || !(endpoint instanceof EndpointServer)) return
    if (this.#name !== undefined) return this.#attach(endpoint)
    if (this.#known.has(endpoint)) return
    this.#known.add(endpoint)
    presencesOf(endpoint).note(this.#tracker)
    const { cluster } = endpoint
    cluster?.log.warn(
      { node: cluster.name },
      'a presence without a name shows the channels of its own node alone'
    )
  }

  #attach(endpoint: EndpointServer, sizes = defaultSizes): void {
    if (endpoint === this.#node || this.#name === undefined) return
    demand('name', this.#node === undefined, 'is of a presence that another server uses already')
    presencesOf(endpoint).add(this.#asNamed(this.#name, sizes))
    this.#node = endpoint
  }

  #asNamed(name: string, sizes: ReplicationSizes): NamedPresence {
    return {
      name,
      sizes,
      tracker: this.#tracker,
      connect: (outlet, changed) => {
        this.#feed.attach(outlet)
        this.#changed = changed
      },
      release: () => {
        this.#feed.attach(undefined)
        this.#changed = undefined
        this.#node = undefined
      }
    }
  }

  /** What is shown was seen: the diffs then have to tell also of what comes and goes within a turn. */
  #show(topic: string): Roster | undefined {
    this.#feed.seen(topic)
    return this.#tracker.roster(topic)
  }

  /** Brings entries up to the diffs that were told while `fetch` ran, so that none of them is undone. */
  async #withFetched<T>(topic: string, entries: PresenceState, use: (state: PresenceState) => T): Promise<T> {
    return this.#fetcher === undefined
      ? use(entries)
      : this.#following(topic, this.#fetcher.state(topic, entries), use)
  }

  async #following<T>(
    topic: string,
    fetching: Promise<PresenceState>,
    use: (state: PresenceState) => T
  ): Promise<T> {
    const following = this.#feed.follow(topic)
    try {
      return use(applyDiffs(await fetching, following.diffs))
    } finally {
      following.stop()
    }
  }
}

/** Shows what other nodes have of that name, and tells them. Throws `PHX_ERR_OPTION_INVALID`, see `PresenceOptions`. */
export function attachPresence(presence: Presence, endpoint: EndpointServer, sizes?: ReplicationSizes): void {
  attach(presence, endpoint, sizes)
}

/** Whether it has a name, by which it can be attached to a node. */
export function hasName(presence: Presence): boolean {
  return isNamed(presence)
}

const isName = (name: unknown): boolean =>
  typeof name === 'string' && name !== '' && name.length <= longestName && !name.startsWith(ownNames)

/** What is made into text by accident is one key for all: `undefined`, of a misspelt assign. */
function nameOf(key: unknown): string {
  const isKey = typeof key === 'string' || typeof key === 'bigint' || Number.isFinite(key)
  if (!isKey) throw new PresenceKeyInvalid(describe(key))
  return String(key)
}
