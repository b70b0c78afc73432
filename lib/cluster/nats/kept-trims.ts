/** Milliseconds for which messages stay whose topic has newer ones: the position of a repeat is looked up in them. */
export const repeatMs = 120_000

/** Topics of which is known what may go. */
const maxTopics = 10_000

/** Messages that are worth a question to the server. */
const worthwhile = 10

/** Places of a topic that are remembered. */
const maxPoints = 64

/** A message that this node has appended. */
interface Point {
  readonly offset: number
  readonly seq: number
  /** By the clock of this node. */
  readonly at: number
}

interface Trimmed {
  size: number
  ttlMs: number
  /** Offset ahead of which all is gone. */
  purged: number
  /** Some of them, with so many between each two, and the newest one. */
  points: Point[]
  step: number
}

/** What is to go: all messages of a channel ahead of a number. */
export interface Trim {
  readonly channel: string
  readonly seq: number
}

/**
 * What of the messages that this node has appended is not needed any more: over the size of its topic, or its time. The
 * server would count by subject, and by one age; nothing that is left is ever read. The last message of a topic stays, for its place.
 */
export class KeptTrims {
  readonly #topics = new Map<string, Trimmed>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  appended(
    channel: string,
    { offset, seq }: { readonly offset: number; readonly seq: number },
    { size, ttlMs }: { readonly size: number; readonly ttlMs: number }
  ): void {
    const topic = this.#topics.get(channel) ?? { size, ttlMs, purged: offset, points: [], step: worthwhile }
    topic.size = size
    topic.ttlMs = ttlMs
    // Of another epoch.
    if (offset < topic.purged) Object.assign(topic, { purged: offset, points: [] })
    const before = topic.points.at(-2)?.offset ?? Number.NEGATIVE_INFINITY
    if (offset - before <= topic.step) topic.points.pop()
    topic.points.push({ offset, seq, at: this.#now() })
    if (topic.points.length > maxPoints) {
      topic.points = topic.points.filter((_, index) => index % 2 === 0)
      topic.step *= 2
    }
    // The one that was used last is the last.
    this.#topics.delete(channel)
    this.#topics.set(channel, topic)
    if (this.#topics.size <= maxTopics) return
    const [longest = ''] = this.#topics.keys()
    this.#topics.delete(longest)
  }

  /** What may go by now, each once; up to so many. */
  due(count: number): Trim[] {
    const trims: Trim[] = []
    for (const [channel, topic] of this.#topics) {
      if (trims.length >= count) break
      const point = this.#lastOver(topic)
      if (point === undefined) continue
      topic.points = topic.points.filter(({ offset }) => offset > point.offset)
      if (topic.points.length === 0) this.#topics.delete(channel)
      if (topic.points.length < maxPoints / 4) topic.step = Math.max(worthwhile, topic.step / 2)
      if (point.offset - topic.purged < worthwhile) continue
      topic.purged = point.offset
      trims.push({ channel, seq: point.seq })
    }
    return trims
  }

  #lastOver({ points, size, ttlMs }: Trimmed): Point | undefined {
    const now = this.#now()
    const end = points.at(-1)?.offset ?? 0
    return points.findLast(({ offset, at }) => {
      const age = now - at
      return age >= repeatMs && (age >= ttlMs || offset <= end - size)
    })
  }
}
