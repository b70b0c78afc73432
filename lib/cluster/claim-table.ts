import { type Clock, systemClock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { Queue } from '../util/queue.js'
import type { ClaimName, FoundClaim } from './adapter.js'

interface Held {
  claim: string
  endsAt: number
  result: HeldResult | undefined
}

interface HeldResult {
  /** Undefined when it is not kept any more. */
  bytes: Uint8Array | undefined
  readonly endsAt: number
}

/** How many claims are looked at for each new one, whether they are over. */
const sweptEach = 4

/** Milliseconds between two looks for results that are over. */
const lookMs = 10_000

/** Claims in the memory of one process, for engines that are one. Claims that are over go as new ones come. */
export class ClaimTable {
  readonly #clock: Clock
  readonly #maxResultBytes: number
  readonly #held = new Map<string, Held>()
  /** In the order in which they came; some are not kept any more. */
  readonly #results = new Queue<HeldResult>()
  readonly #timer: LookTimer
  #sweep: Iterator<[string, Held]> | undefined
  #resultBytes = 0

  /** @param maxResultBytes of all results; for more, the oldest go first */
  constructor(clock: Clock = systemClock, maxResultBytes = 64 * 1024 * 1024) {
    this.#clock = clock
    this.#maxResultBytes = maxResultBytes
    this.#timer = new LookTimer(clock, () => this.#look())
  }

  /** How many are held, those included that are over and not swept yet. */
  get size(): number {
    return this.#held.size
  }

  /** Bytes of the results that are held. */
  get resultBytes(): number {
    return this.#resultBytes
  }

  claim(name: ClaimName, claim: string, ttlMs: number): FoundClaim | undefined {
    const now = this.#clock.now()
    const id = idOf(name)
    const held = this.#held.get(id)
    if (held !== undefined && held.endsAt > now) {
      const { result } = held
      return {
        claim: held.claim,
        result: result !== undefined && result.endsAt > now ? result.bytes : undefined
      }
    }
    this.#forget(now)
    this.#put(id, { claim, endsAt: now + ttlMs, result: undefined })
    return undefined
  }

  settle(
    name: ClaimName,
    held: string,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): void {
    const now = this.#clock.now()
    const there = this.#held.get(idOf(name))
    if (there !== undefined && there.endsAt > now && there.claim !== held && there.claim !== claim) return
    const kept = result && { bytes: result.bytes, endsAt: now + result.keepMs }
    this.#put(idOf(name), { claim, endsAt: now + ttlMs, result: kept })
    if (kept === undefined) return
    this.#results.push(kept)
    this.#resultBytes += kept.bytes.length
    while (this.#resultBytes > this.#maxResultBytes) this.#spend(this.#results.shift())
    if (!this.#timer.isRunning) this.#timer.start(lookMs)
  }

  release(name: ClaimName, claim: string): void {
    const id = idOf(name)
    if (this.#held.get(id)?.claim === claim) this.#delete(id)
  }

  clear(): void {
    this.#held.clear()
    this.#results.clear()
    this.#resultBytes = 0
    this.#timer.stop()
  }

  #put(id: string, held: Held): void {
    this.#spend(this.#held.get(id)?.result)
    this.#held.set(id, held)
  }

  #delete(id: string): void {
    this.#spend(this.#held.get(id)?.result)
    this.#held.delete(id)
  }

  #spend(result: HeldResult | undefined): void {
    if (result?.bytes === undefined) return
    this.#resultBytes -= result.bytes.length
    result.bytes = undefined
  }

  /** Results are many bytes, and go at their time. */
  #look(): void {
    const now = this.#clock.now()
    for (
      let { first } = this.#results;
      first !== undefined && first.endsAt <= now;
      first = this.#results.first
    )
      this.#spend(this.#results.shift())
    if (this.#results.length > 0) this.#timer.start(lookMs)
  }

  /** A few at a time, round and round: each new claim pays for the end of others. */
  #forget(now: number): void {
    for (let i = 0; i < sweptEach; i++) {
      this.#sweep ??= this.#held.entries()
      const next = this.#sweep.next()
      if (next.done === true) {
        this.#sweep = undefined
        return
      }
      const [id, { endsAt }] = next.value
      if (endsAt <= now) this.#delete(id)
    }
  }
}

const idOf = ({ group, key }: ClaimName): string => `${group} ${key}`
