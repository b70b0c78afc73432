import type { ClaimName, FoundClaim } from './adapter.js'

interface Held {
  claim: string
  endsAt: number
  result: { readonly bytes: Uint8Array; readonly endsAt: number } | undefined
}

/** How many claims are looked at for each new one, whether they are over. */
const sweptEach = 4

/** Claims in the memory of one process, for engines that are one. What is over goes as new ones come. */
export class ClaimTable {
  readonly #now: () => number
  readonly #held = new Map<string, Held>()
  #sweep: Iterator<[string, Held]> | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** How many are held, those included that are over and not swept yet. */
  get size(): number {
    return this.#held.size
  }

  claim(name: ClaimName, claim: string, ttlMs: number): FoundClaim | undefined {
    const now = this.#now()
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
    this.#held.set(id, { claim, endsAt: now + ttlMs, result: undefined })
    return undefined
  }

  settle(
    name: ClaimName,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): void {
    const now = this.#now()
    const kept = result && { bytes: result.bytes, endsAt: now + result.keepMs }
    this.#held.set(idOf(name), { claim, endsAt: now + ttlMs, result: kept })
  }

  release(name: ClaimName): void {
    this.#held.delete(idOf(name))
  }

  clear(): void {
    this.#held.clear()
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
      const [id, held] = next.value
      if (held.endsAt <= now) this.#held.delete(id)
      else if (held.result !== undefined && held.result.endsAt <= now) held.result = undefined
    }
  }
}

const idOf = ({ group, key }: ClaimName): string => `${group} ${key}`
