import { presenceEvents } from '../constants.js'
import type { Endpoint } from '../endpoint.js'
import type { Logger } from '../logger.js'
import { JsonText, stringify } from '../serializer/json.js'
import type { Fetcher } from './fetcher.js'
import { logFailure } from './log-failure.js'
import { PendingDiff } from './pending-diff.js'
import type { Change } from './tracker.js'
import type { PresenceDiff, PresenceOptions } from './types.js'

/** What diffs go out through. */
export interface Outlet {
  readonly endpoint: Pick<Endpoint, 'broadcast'>
  readonly log: Logger
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

class TopicFeed {
  pending = new PendingDiff()
  telling = false
  readonly followers = new Set<PresenceDiff[]>()
  /** One for each server that presences of the topic are on. */
  readonly outlets = new Map<Outlet['endpoint'], Logger>()
}

/**
 * Tells topics what changed in them. Each topic is on its own: its diffs are told one after the
 * other, and what changes while `fetch` runs for one waits for the next, in which it is merged.
 */
export class DiffFeed {
  readonly #options: DiffFeedOptions
  readonly #topics = new Map<string, TopicFeed>()

  constructor(options: DiffFeedOptions) {
    this.#options = options
  }

  /** How many topics are kept. */
  get size(): number {
    return this.#topics.size
  }

  /** From now on the diffs of a topic go out through this endpoint too. */
  addOutlet(topic: string, { endpoint, log }: Outlet): void {
    this.#feed(topic).outlets.set(endpoint, log)
  }

  /** Changes of the same turn of the event loop are told in one diff. */
  add(topic: string, change: Change): void {
    const feed = this.#feed(topic)
    feed.pending.add(change)
    if (feed.telling) return
    feed.telling = true
    setImmediate(() => this.#tell(topic, feed))
  }

  /** A list of the topic was taken: it shows also what was not told yet. */
  seen(topic: string): void {
    this.#topics.get(topic)?.pending.seen()
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
    while (!feed.pending.isEmpty) {
      const { pending } = feed
      feed.pending = new PendingDiff()
      if (fetcher === undefined) this.#broadcast(topic, feed, plainDiff(pending))
      else this.#broadcast(topic, feed, await this.#fetched(topic, feed, pending, fetcher))
    }
    feed.telling = false
    this.#dropIfIdle(topic, feed)
  }

  async #fetched(topic: string, feed: TopicFeed, pending: PendingDiff, fetcher: Fetcher): Promise<ToldDiff> {
    try {
      const diff = await fetcher.diff(topic, pending)
      return { diff, text: stringify(diff) }
    } catch (err) {
      for (const log of feed.outlets.values()) logFailure(log, topic, err, 'fetch for a presence diff failed')
      return plainDiff(pending)
    }
  }

  #broadcast(topic: string, feed: TopicFeed, { diff, text }: ToldDiff): void {
    const payload = new JsonText(text, diff)
    for (const [endpoint, log] of feed.outlets) {
      try {
        endpoint.broadcast(topic, presenceEvents.diff, payload)
      } catch (err) {
        logFailure(log, topic, err, 'broadcast of a presence diff failed')
      }
    }
    for (const diffs of feed.followers) diffs.push(diff)
    this.#callOnDiff(topic, feed, diff)
  }

  async #callOnDiff(topic: string, feed: TopicFeed, diff: PresenceDiff): Promise<void> {
    try {
      await this.#options.onDiff?.(topic, diff)
    } catch (err) {
      for (const log of feed.outlets.values()) logFailure(log, topic, err, 'onDiff of a presence failed')
    }
  }

  #dropIfIdle(topic: string, feed: TopicFeed): void {
    if (feed.telling || feed.followers.size > 0 || this.#options.isPresent(topic)) return
    this.#topics.delete(topic)
  }
}

interface ToldDiff {
  readonly diff: PresenceDiff
  readonly text: string
}

function plainDiff(pending: PendingDiff): ToldDiff {
  return { diff: pending.toDiff(), text: pending.text }
}
