import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { Queue } from '../util/queue.js'
import type { OnceOptions } from './options.js'
import { bytesOf, type KeptResult } from './result.js'

/** Who may wait for one call that runs: more are none of a client that has only lost its connection. */
const maxWaiting = 16

/** Milliseconds between two looks for what has to be forgotten. */
const lookMs = 30_000

/** What is known of one user's keys. */
class UserKeys {
  readonly name: string
  readonly entries = new Map<string, LedgerEntry>()
  /** Those with a result, in the order in which they ended; some at its front may have lost it. */
  readonly kept = new Queue<LedgerEntry>()
  results = 0
  bytes = 0

  constructor(name: string) {
    this.name = name
  }
}

/** One key: its call runs, or has ended, and then its result is there, or is not kept any more. */
export class LedgerEntry {
  readonly user: UserKeys
  readonly key: string
  /** Of the function and the arguments. */
  readonly digest: string
  result: KeptResult | undefined
  /** When it ended; undefined while it runs. */
  endedAt: number | undefined
  /** Those who wait for its end. */
  waiting: Set<(outcome: KeptResult) => void> | undefined

  constructor(user: UserKeys, key: string, digest: string) {
    this.user = user
    this.key = key
    this.digest = digest
  }
}

/** The keys that clients gave their calls on this node, and the results of these calls. All of it is bounded. */
export class Ledger {
  options: Readonly<OnceOptions>
  readonly #clock: Clock
  readonly #users = new Map<string, UserKeys>()
  /** In the order in which they ended: those with a result, of which some have lost it already, and all. */
  readonly #kept = new Queue<LedgerEntry>()
  readonly #ended = new Queue<LedgerEntry>()
  readonly #timer: LookTimer
  /** Keys that are remembered, those that run included. */
  keys = 0
  /** Results that are kept, and their bytes. */
  results = 0
  bytes = 0

  constructor(options: Readonly<OnceOptions>, clock: Clock) {
    this.options = options
    this.#clock = clock
    this.#timer = new LookTimer(clock, () => this.#look())
  }

  /** Calls that run, or for which the engine of a cluster is asked. */
  get running(): number {
    return this.keys - this.#ended.length
  }

  /** What is known of a key. */
  find(user: string, key: string): LedgerEntry | undefined {
    this.#forget()
    return this.#users.get(user)?.entries.get(key)
  }

  /** Notes that the call with a key that is not known begins. Undefined where no more keys can be remembered. */
  begin(user: string, key: string, digest: string): LedgerEntry | undefined {
    const known = this.#users.get(user)
    const held = known?.entries.size ?? 0
    const { keys, keysPerUser } = this.options
    if (held >= keysPerUser) return undefined
    // Twice as many are a bound for all who have less than their share.
    const isFull = this.keys >= keys && held >= keys / (this.#users.size + 1)
    if (isFull || this.keys >= 2 * keys) return undefined
    const keysOf = known ?? new UserKeys(user)
    if (known === undefined) this.#users.set(user, keysOf)
    const entry = new LedgerEntry(keysOf, key, digest)
    keysOf.entries.set(key, entry)
    this.keys++
    return entry
  }

  /** Tells what comes of a call that runs; false where too many wait for it already. */
  wait(entry: LedgerEntry, tell: (outcome: KeptResult) => void): boolean {
    entry.waiting ??= new Set()
    if (entry.waiting.size >= maxWaiting) return false
    entry.waiting.add(tell)
    return true
  }

  /** Whoever waited is there no more. */
  leave(entry: LedgerEntry, tell: (outcome: KeptResult) => void): void {
    entry.waiting?.delete(tell)
  }

  /** The call has ended: its key is remembered. Returns whether its result is kept. */
  end(entry: LedgerEntry, result: KeptResult): boolean {
    entry.endedAt = this.#clock.now()
    this.#ended.push(entry)
    this.#keep(entry, result)
    if (!this.#timer.isRunning) this.#timer.start(lookMs)
    answer(entry, result)
    return entry.result !== undefined
  }

  /** The call did not run here: its key is free again, and all who wait are told what came of it instead. */
  drop(entry: LedgerEntry, outcome: KeptResult): void {
    this.#delete(entry)
    answer(entry, outcome)
  }

  #keep(entry: LedgerEntry, result: KeptResult): void {
    const { user } = entry
    const { resultsPerUser, resultBytesPerUser, resultBytes } = this.options
    const bytes = bytesOf(result)
    if (bytes > resultBytesPerUser || bytes > resultBytes || resultsPerUser === 0) return
    entry.result = result
    this.#count(user, 1, bytes)
    user.kept.push(entry)
    this.#kept.push(entry)
    while (user.results > resultsPerUser || user.bytes > resultBytesPerUser) this.#spend(user.kept.shift())
    while (this.bytes > resultBytes) this.#spend(this.#kept.shift())
  }

  /** The result is not kept any more; the key still is. */
  #spend(entry: LedgerEntry | undefined): void {
    if (entry?.result === undefined) return
    const { user } = entry
    this.#count(user, -1, -bytesOf(entry.result))
    entry.result = undefined
    while (user.kept.length > 0 && user.kept.first?.result === undefined) user.kept.shift()
  }

  #count(user: UserKeys, results: number, bytes: number): void {
    user.results += results
    user.bytes += bytes
    this.results += results
    this.bytes += bytes
  }

  /** Forgets what has been kept, or remembered, for long enough. */
  #forget(): void {
    const now = this.#clock.now()
    const { keepMs, rememberMs } = this.options
    const isOver = (entry: LedgerEntry | undefined, ms: number): boolean =>
      entry?.endedAt !== undefined && now - entry.endedAt >= ms
    while (isOver(this.#kept.first, keepMs)) this.#spend(this.#kept.shift())
    while (isOver(this.#ended.first, rememberMs)) {
      const entry = this.#ended.shift() as LedgerEntry
      this.#spend(entry)
      this.#delete(entry)
    }
  }

  #delete({ user, key }: LedgerEntry): void {
    user.entries.delete(key)
    this.keys--
    if (user.entries.size === 0) this.#users.delete(user.name)
  }

  #look(): void {
    this.#forget()
    if (this.#ended.length > 0) this.#timer.start(lookMs)
  }
}

function answer(entry: LedgerEntry, outcome: KeptResult): void {
  const { waiting } = entry
  entry.waiting = undefined
  for (const tell of waiting ?? []) tell(outcome)
}
