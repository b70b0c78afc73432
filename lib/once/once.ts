// The room of calls that run once: what is known of the keys that clients gave their calls, on this node and on all.
import { InvalidOption } from '../errors.js'
import type { Clock } from '../time/clock.js'
import { withinTime } from '../time/time-limit.js'
import { Ledger } from './ledger.js'
import { defaultOnceOptions, type OnceOptions } from './options.js'
import type { KeptResult } from './result.js'

/** A key that a node asks for, on behalf of all others. */
export interface KeyClaim {
  readonly user: string
  readonly key: string
  /** Of the function and the arguments. */
  readonly digest: string
}

/** Tells the other nodes that the call has ended, and how; undefined where its result is not kept. */
export type EndOfClaim = (result: KeptResult | undefined) => void

/** What nodes know together of a key. */
export type ClaimedKey =
  /** It is this node's: the call is to be made, and its end to be told. */
  | { readonly state: 'own'; end: EndOfClaim }
  /** The call has been made on another node. */
  | { readonly state: 'ended'; readonly result: KeptResult }
  /** The call has been made, and its result is not kept any more. */
  | { readonly state: 'expired' }
  /** The key is that of another call. */
  | { readonly state: 'reused' }
  /** The node that made the call has died meanwhile. */
  | { readonly state: 'unknown' }
  /** Nobody can say: the engine of the cluster cannot be asked. Nothing was run for this claim. */
  | { readonly state: 'unavailable' }

/** The keys of all nodes of a cluster. */
export interface SharedKeys {
  /**
   * Asks for a key; where its call runs on another node, waits for its end. Never rejects.
   *
   * @param limitMs how long the call may take, and the engine to answer
   */
  claim(claim: KeyClaim, limitMs: number): Promise<ClaimedKey>
  /** Resolves when others have been told what has ended here. */
  told(): Promise<void>
}

/** What became of a call that was asked for again, or could not be made. */
export type OnceOutcome =
  /** It ran, and the result was there. */
  | 'kept'
  /** It was running: its end was waited for. */
  | 'waited'
  | 'expired'
  | 'reused'
  | 'unknown'
  | 'unavailable'
  /** Too many keys are remembered, or too many wait. */
  | 'full'

/** What a node knows of calls that run once, and counted since its start. */
export interface OnceStats {
  /** Calls that ran. */
  readonly ran: number
  /** Calls that were asked for again, or could not be made, by what came of it. */
  readonly repeated: Readonly<Record<OnceOutcome, number>>
  /** Keys that are remembered now. */
  readonly keys: number
  /** Results that are kept now, and their bytes. */
  readonly results: number
  readonly resultBytes: number
}

/** Calls that run once, of one server. */
export class Once {
  readonly ledger: Ledger
  /** The keys of all nodes; undefined where there are no others. */
  shared: SharedKeys | undefined
  readonly #clock: Clock
  #isConfigured = false
  #ran = 0
  readonly #repeated: Record<OnceOutcome, number> = {
    kept: 0,
    waited: 0,
    expired: 0,
    reused: 0,
    unknown: 0,
    unavailable: 0,
    full: 0
  }
  #whenIdle: (() => void)[] = []

  constructor(clock: Clock, options: Readonly<OnceOptions> = defaultOnceOptions) {
    this.#clock = clock
    this.ledger = new Ledger(options, clock)
  }

  /** Throws `PHX_ERR_OPTION_INVALID` where other options have been named before. */
  configure(options: Readonly<OnceOptions>): void {
    if (this.#isConfigured && JSON.stringify(this.ledger.options) !== JSON.stringify(options)) {
      throw new InvalidOption('once', 'is of the whole server, and another mount has named another one')
    }
    this.#isConfigured = true
    this.ledger.options = options
  }

  /** A copy. */
  get stats(): OnceStats {
    const { keys, results, bytes: resultBytes } = this.ledger
    return { ran: this.#ran, repeated: { ...this.#repeated }, keys, results, resultBytes }
  }

  countRun(): void {
    this.#ran++
  }

  countRepeated(outcome: OnceOutcome): void {
    this.#repeated[outcome]++
  }

  /** A call may have been the last one that ran. */
  look(): void {
    if (this.ledger.running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** Resolves when no call with a key runs, and other nodes know of those that did; after `limitMs` in any case. */
  async idle(limitMs: number): Promise<void> {
    if (limitMs > 0) await withinTime(this.#idle(), limitMs, this.#clock, { keepsProcess: true })
  }

  async #idle(): Promise<void> {
    if (this.ledger.running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
    await this.shared?.told()
  }
}
