import { diagnostics } from '../diagnostics/diagnostics.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import { guard } from '../guard.js'
import { excerpt } from '../log/excerpt.js'
import { presenceEvents } from '../protocol/constants.js'
import { JsonText, stringify } from '../protocol/serializer/json.js'
import { type Logger, logFailure, silentLogger } from '../util/logger.js'
import type { Fetcher } from './fetcher.js'
import { PendingDiff } from './pending-diff.js'
import type { Change } from './tracker.js'
import type { PresenceDiff, PresenceOptions } from './types.js'

/** What diffs go out through. */
export interface Outlet {
  readonly endpoint: Pick<Endpoint, 'localBroadcast'> & { readonly node?: string }
  readonly log: Logger
}

/** The one outlet of a tracker that is attached to a node. */
export interface NodeOutlet extends Outlet {
  /** Whether a topic has subscribers there. */
  isHeard(topic: string): boolean
}

/** The diffs that are told while somebody follows a topic. */
export interface Following {
  readonly diffs: readonly PresenceDiff[]
  stop(): void
}

export interface DiffFeedOptions {
  readonly fetcher: Fetcher | undefined
  readonly onDiff: PresenceOptions['onDiff']
  /** Whether somebody is present in a topic. */
  readonly isPresent: (topic: string) => boolean
}

/** So many diffs of a topic may wait to be told; what changes behind them is merged into the last. */
const maxWaiting = 16

class TopicFeed {
  readonly #waiting: PendingDiff[] = []
  telling = false
  readonly followers = new Set<PresenceDiff[]>()
  /** One for each server that presences of the topic are on. */
  readonly outlets = new Map<Outlet['endpoint'], Logger>()

  add(change: Change): void {
    const open = this.#openTo(change)
    if (open !== undefined) return open.add(change)
    const pending = new PendingDiff(change.local)
    pending.add(change)
    this.#waiting.push(pending)
  }

  #openTo(change: Change): PendingDiff | undefined {
    const last = this.#waiting.at(-1)
    if (last === undefined || last.isOpenTo(change)) return last
    // Presences of this node and of others have nothing to do with each other: these may overtake those.
    const isFull = this.#waiting.length >= maxWaiting
    return isFull ? this.#waiting.findLast(({ local }) => local === change.local) : undefined
  }

  next(): PendingDiff | undefined {
    return this.#waiting.shift()
  }

  seen(): void {
    for (const pending of this.#waiting) pending.seen()
  }
}

/**
 * Tells topics what changed in them. Each topic is on its own, and its diffs are told one after the
 * other. As in Phoenix, a channel that changes something twice is told of twice; what many channels
 * change at once, such as a thousand that end together, goes out as one diff, which costs each member
 * one message instead of a thousand.
 */
export class DiffFeed {
  readonly #options: DiffFeedOptions
  readonly #topics = new Map<string, TopicFeed>()
  #outlet: NodeOutlet | undefined

  constructor(options: DiffFeedOptions) {
    this.#options = options
  }

  /** How many topics are kept. */
  get size(): number {
    return this.#topics.size
  }

  /** From now on the diffs of all topics go out through this outlet alone; undefined ends that. */
  attach(outlet: NodeOutlet | undefined): void {
    this.#outlet = outlet
  }

  /** From now on the diffs of a topic go out through this endpoint too. */
  addOutlet(topic: string, { endpoint, log }: Outlet): void {
    if (this.#outlet === undefined) this.#feed(topic).outlets.set(endpoint, log)
  }

  /** The change is told in a later turn of the event loop. */
  add(topic: string, change: Change): void {
    const feed = this.#feed(topic)
    feed.add(change)
    if (feed.telling) return
    feed.telling = true
    setImmediate(
      guard(this.#logs(feed)[0] ?? silentLogger, 'presence diffs failed', () => this.#tell(topic, feed))
    )
  }

  /** A list of the topic was taken: it shows also what was not told yet. */
  seen(topic: string): void {
    this.#topics.get(topic)?.seen()
  }

  /** Keeps the diffs that are told from now on, for a list that is still being worked on. */
  follow(topic: string): Following {
    const feed = this.#feed(topic)
    const diffs: PresenceDiff[] = []
    feed.followers.add(diffs)
    return {
      diffs,
      stop: () => {
        feed.followers.delete(diffs)
        this.#dropIfIdle(topic, feed)
      }
    }
  }

  #feed(topic: string): TopicFeed {
    let feed = this.#topics.get(topic)
    if (feed === undefined) {
      feed = new TopicFeed()
      this.#topics.set(topic, feed)
    }
    return feed
  }

  async #tell(topic: string, feed: TopicFeed): Promise<void> {
    const { fetcher } = this.#options
    for (let pending = feed.next(); pending !== undefined; pending = feed.next()) {
      if (pending.isEmpty || !this.#isNeeded(topic, feed)) continue
      const { local } = pending
      if (fetcher === undefined) this.#broadcast(topic, feed, plainDiff(pending), local)
      else this.#broadcast(topic, feed, await this.#fetched(topic, feed, pending, fetcher), local)
    }
    feed.telling = false
    this.#dropIfIdle(topic, feed)
  }

  /** Whether anybody here gets the diff: of what happens elsewhere, most concerns nobody of this node. */
  #isNeeded(topic: string, feed: TopicFeed): boolean {
    if (this.#outlet === undefined || this.#options.onDiff !== undefined) return true
    return feed.followers.size > 0 || this.#outlet.isHeard(topic)
  }

  async #fetched(topic: string, feed: TopicFeed, pending: PendingDiff, fetcher: Fetcher): Promise<ToldDiff> {
    try {
      const diff = await fetcher.diff(topic, pending)
      return { diff, text: stringify(diff) }
    } catch (err) {
      for (const log of this.#logs(feed))
        logFailure(log, 'error', { err, topic: excerpt(topic) }, 'fetch for a presence diff failed')
      return plainDiff(pending)
    }
  }

  #broadcast(topic: string, feed: TopicFeed, { diff, text }: ToldDiff, local: boolean): void {
    const payload = new JsonText(text, diff)
    for (const { endpoint, log } of this.#outlets(feed)) {
      try {
        tellDiff(endpoint.node ?? '', topic, diff, local)
        endpoint.localBroadcast(topic, presenceEvents.diff, payload)
      } catch (err) {
        logFailure(log, 'error', { err, topic: excerpt(topic) }, 'broadcast of a presence diff failed')
      }
    }
    for (const diffs of feed.followers) diffs.push(diff)
    void this.#callOnDiff(topic, feed, diff, local)
  }

  async #callOnDiff(topic: string, feed: TopicFeed, diff: PresenceDiff, local: boolean): Promise<void> {
    try {
      await this.#options.onDiff?.(topic, diff, { local })
    } catch (err) {
      for (const log of this.#logs(feed))
        logFailure(log, 'error', { err, topic: excerpt(topic) }, 'onDiff of a presence failed')
    }
  }

  #outlets({ outlets }: TopicFeed): Outlet[] {
    if (this.#outlet !== undefined) return [this.#outlet]
    return Array.from(outlets, ([endpoint, log]) => ({ endpoint, log }))
  }

  #logs(feed: TopicFeed): Logger[] {
    return this.#outlets(feed).map(({ log }) => log)
  }

  #dropIfIdle(topic: string, feed: TopicFeed): void {
    if (feed.telling || feed.followers.size > 0) return
    // Its outlets are kept for as long as somebody is there.
    if (feed.outlets.size > 0 && this.#options.isPresent(topic)) return
    this.#topics.delete(topic)
  }
}

function tellDiff(node: string, topic: string, diff: PresenceDiff, isLocal: boolean): void {
  const { presenceDiff } = diagnostics
  if (!presenceDiff.hasSubscribers) return
  const [joins, leaves] = [Object.keys(diff.joins).length, Object.keys(diff.leaves).length]
  presenceDiff.publish({ node, topic, joins, leaves, isLocal })
}

interface ToldDiff {
  readonly diff: PresenceDiff
  readonly text: string
}

function plainDiff(pending: PendingDiff): ToldDiff {
  return { diff: pending.toDiff(), text: pending.text }
}
