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

/** So many diffs of a topic may wait to be told; what changes behind them is merged into the last. */
const maxWaiting = 16

class TopicFeed {
  readonly #waiting: PendingDiff[] = []
  telling = false
  readonly followers = new Set<PresenceDiff[]>()
  /** One for each server that presences of the topic are on. */
  readonly outlets = new Map<Outlet['endpoint'], Logger>()

  add(change: Change): void {
    const last = this.#waiting.at(-1)
    if (last !== undefined && (last.isOpenTo(change) || this.#waiting.length >= maxWaiting)) {
      last.add(change)
      return
    }
    const pending = new PendingDiff()
    pending.add(change)
    this.#waiting.push(pending)
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

  /** The change is told in a later turn of the event loop. */
  add(topic: string, change: Change): void {
    const feed = this.#feed(topic)
    feed.add(change)
    if (feed.telling) return
    feed.telling = true
    setImmediate(guard(logOf(feed), 'presence diffs failed', () => this.#tell(topic, feed)))
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
      if (pending.isEmpty) continue
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
      for (const log of feed.outlets.values())
        logFailure(log, 'error', { err, topic: excerpt(topic) }, 'fetch for a presence diff failed')
      return plainDiff(pending)
    }
  }

  #broadcast(topic: string, feed: TopicFeed, { diff, text }: ToldDiff): void {
    const payload = new JsonText(text, diff)
    for (const [endpoint, log] of feed.outlets) {
      try {
        endpoint.broadcast(topic, presenceEvents.diff, payload)
      } catch (err) {
        logFailure(log, 'error', { err, topic: excerpt(topic) }, 'broadcast of a presence diff failed')
      }
    }
    for (const diffs of feed.followers) diffs.push(diff)
    this.#callOnDiff(topic, feed, diff)
  }

  async #callOnDiff(topic: string, feed: TopicFeed, diff: PresenceDiff): Promise<void> {
    try {
      await this.#options.onDiff?.(topic, diff)
    } catch (err) {
      for (const log of feed.outlets.values())
        logFailure(log, 'error', { err, topic: excerpt(topic) }, 'onDiff of a presence failed')
    }
  }

  #dropIfIdle(topic: string, feed: TopicFeed): void {
    if (feed.telling || feed.followers.size > 0 || this.#options.isPresent(topic)) return
    this.#topics.delete(topic)
  }
}

function logOf({ outlets }: TopicFeed): Logger {
  for (const log of outlets.values()) return log
  return silentLogger
}

interface ToldDiff {
  readonly diff: PresenceDiff
  readonly text: string
}

function plainDiff(pending: PendingDiff): ToldDiff {
  return { diff: pending.toDiff(), text: pending.text }
}
