import type { Clock } from '../time/clock.js'
import type { ClaimName } from './adapter.js'

/** Claims of one name that were given up, of which one may be at the engine: it would keep others from the key. */
export interface AbandonedClaim {
  readonly name: ClaimName
  /** One for each time that it was given up. */
  readonly claims: readonly string[]
  /** When the engine forgets it by itself. */
  readonly endsAt: number
}

/** How many are taken away at the most; of more, the first stay until they end. */
const maxAbandoned = 1_000

/** How many of one name. */
const maxOfName = 4

const none: readonly string[] = []

const pauseMs = { first: 20, most: 2_000 }

export interface AbandonedClaimsOptions {
  readonly clock: Clock
  /** Takes one away; resolves to why that has to be tried again. Never rejects. */
  release(name: ClaimName, claim: string): Promise<string | undefined>
  isClosed(): boolean
}

/** Takes claims away that were given up, one after the other, when the engine answers. */
export class AbandonedClaims {
  readonly #options: AbandonedClaimsOptions
  readonly #claims = new Map<string, AbandonedClaim>()
  /** The one that is being taken away. */
  #current: { readonly id: string; readonly done: Promise<boolean> } | undefined
  #isWorking = false

  constructor(options: AbandonedClaimsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#claims.size
  }

  add(claim: AbandonedClaim): void {
    const [first] = this.#claims.keys()
    if (first !== undefined && this.#claims.size >= maxAbandoned) this.#claims.delete(first)
    this.#claims.set(idOf(claim.name), claim)
    if (!this.#isWorking) void this.#work()
  }

  /** The name is about to be claimed anew: resolves to what was given up of it, when that is not taken away any more. */
  async forget(name: ClaimName): Promise<readonly string[]> {
    const id = idOf(name)
    const known = this.#claims.get(id)
    if (known === undefined) return none
    this.#claims.delete(id)
    const isReleased = this.#current?.id === id && (await this.#current.done)
    return isReleased ? none : known.claims.slice(1 - maxOfName)
  }

  async #release({ name, claims }: AbandonedClaim): Promise<boolean> {
    for (const claim of claims) if ((await this.#options.release(name, claim)) !== undefined) return false
    return true
  }

  async #work(): Promise<void> {
    const { clock, isClosed } = this.#options
    this.#isWorking = true
    let waitMs = pauseMs.first
    for (const [id, claim] of this.#all()) {
      if (isClosed()) break
      if (clock.now() < claim.endsAt) {
        const done = this.#release(claim)
        this.#current = { id, done }
        const isReleased = await done
        this.#current = undefined
        if (!isReleased) {
          await new Promise<void>((resolve) => clock.setTimeout(resolve, waitMs).unref())
          waitMs = Math.min(waitMs * 2, pauseMs.most)
          continue
        }
        waitMs = pauseMs.first
      }
      if (this.#claims.get(id) === claim) this.#claims.delete(id)
    }
    this.#isWorking = false
  }

  /** The first of them, until there is none. */
  *#all(): Generator<[string, AbandonedClaim]> {
    for (;;) {
      const [first] = this.#claims
      if (first === undefined) return
      yield first
    }
  }
}

const idOf = ({ group, key }: ClaimName): string => `${group} ${key}`
