import { PresenceFetchInvalid, PresenceFetchTimedOut } from '../errors.js'
import { isMap } from '../protocol/serializer/json.js'
import type { Clock } from '../time/clock.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import { isThenable } from '../util/thenable.js'
import type { Roster } from './roster.js'
import type { PresenceDiff, PresenceFetch, PresenceState } from './types.js'

/** What clients are sent waits for no `fetch` longer than so many milliseconds, also where that has no limit. */
const longestWaitMs = 5_000

/** Runs the application's `fetch` within its time, and looks at what it returns. */
export class Fetcher {
  readonly #fetch: PresenceFetch
  readonly #timeoutMs: number
  readonly #clock: Clock

  constructor(fetch: PresenceFetch, timeoutMs: number, clock: Clock) {
    this.#fetch = fetch
    this.#timeoutMs = timeoutMs
    this.#clock = clock
  }

  /** Whether it may take longer than a channel should wait for it. */
  get mayBeSlow(): boolean {
    return this.#timeoutMs === 0 || this.#timeoutMs > longestWaitMs
  }

  /**
   * Rejects with what `fetch` throws, `PHX_ERR_PRESENCE_FETCH_TIMEOUT`, or `PHX_ERR_PRESENCE_FETCH`
   * when it returned no entries. Nothing is fetched for no entries.
   */
  state(topic: string, entries: PresenceState): Promise<PresenceState> {
    return this.#run(topic, entries, this.#timeoutMs)
  }

  /** As {@link state}, for what clients are sent: it is never waited for without end. */
  stateForClients(topic: string, entries: PresenceState): Promise<PresenceState> {
    return this.#run(topic, entries, this.#timeoutMs || longestWaitMs)
  }

  async #run(topic: string, entries: PresenceState, limitMs: number): Promise<PresenceState> {
    if (Object.keys(entries).length === 0) return entries
    const work = this.#fetch(topic, entries)
    const result = isThenable(work) ? await withinTime(work, limitMs, this.#clock) : work
    if (result === timeIsUp) throw new PresenceFetchTimedOut(topic, limitMs)
    if (!isState(result)) throw new PresenceFetchInvalid(topic)
    return result
  }

  async diff(topic: string, { joins, leaves }: { joins: Roster; leaves: Roster }): Promise<PresenceDiff> {
    const [joined, left] = await Promise.all([
      this.stateForClients(topic, joins.toState()),
      this.stateForClients(topic, leaves.toState())
    ])
    return { joins: joined, leaves: left }
  }
}

function isState(value: unknown): value is PresenceState {
  return isMap(value) && Object.values(value as object).every(isEntry)
}

function isEntry(value: unknown): boolean {
  if (!isMap(value)) return false
  const { metas } = value as { metas?: unknown }
  return Array.isArray(metas) && metas.every(isMap)
}
