import { createHash, randomBytes } from 'node:crypto'
import { ClusterClosed } from '../errors.js'
import { QuietLine } from '../log/quiet-line.js'
import type { ClaimedKey, KeyClaim, Once, SharedKeys } from '../once/once.js'
import type { OnceOptions } from '../once/options.js'
import { decodeResult, encodeResult, type KeptResult } from '../once/result.js'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import type { Logger } from '../util/logger.js'
import { AbandonedClaims } from './abandoned-claims.js'
import type { ClaimName, ClaimStore, ClusterAdapter, FoundClaim } from './adapter.js'
import { type ClaimRecord, decodeClaim, encodeClaim } from './claim-record.js'
import type { ClusterNode } from './cluster-node.js'
import type { Members } from './members.js'
import { type NotDone, whyNotDone } from './not-done.js'
import { ResultBudget } from './result-budget.js'
import { Strangers } from './strangers.js'

/** How long the engine may take to answer before it is asked again. */
const answerMs = 2_000

/** Milliseconds between two questions what became of a call: at first, and at most. */
const askMs = { first: 20, most: 250 }

/** How much longer than a call may take its end is waited for: its node may be slow to tell. */
const graceMs = 5_000

/** How often an engine that does not take a result is asked, until it is told of the end alone. */
const maxResultTries = 3

/** Bytes of the largest result that other nodes are told. */
const mostResultBytes = 512 * 1024

/** What became of one question to the engine. */
type Answer = { readonly found: FoundClaim | undefined } | Failure

/** Unsent or refused, or nobody knows. */
type Failure = NotDone | 'failed'

/** A claim of a call that runs. */
interface Running {
  readonly state: 'running'
  readonly owner: string
  readonly claim: string
}

export interface ClusterKeysOptions {
  readonly node: string
  readonly claims: ClaimStore | undefined
  readonly members: Members
  readonly clock: Clock
  readonly log: Logger
  options(): Readonly<OnceOptions>
}

/** Keys of calls that run once, which nodes claim at their engine: of those who ask, one runs the call. */
export class ClusterKeys implements SharedKeys {
  readonly #world: ClusterKeysOptions
  readonly #problem: QuietLine
  readonly #strangers: Strangers
  readonly #budget = new ResultBudget()
  /** What the engine has not been told yet. */
  readonly #telling = new Set<Promise<void>>()
  readonly #abandoned: AbandonedClaims
  /** The engine is used no more. */
  #isClosed = false

  constructor(world: ClusterKeysOptions) {
    this.#world = world
    this.#strangers = new Strangers(world.members)
    this.#abandoned = new AbandonedClaims({
      clock: world.clock,
      release: (name, claim) => this.#inTime(async () => void (await world.claims?.release(name, claim))),
      isClosed: () => this.#isClosed
    })
    this.#problem = new QuietLine(world.clock, (details) =>
      world.log.warn({ node: world.node, ...details }, 'the engine cannot be asked for a call that runs once')
    )
  }

  async claim(asked: KeyClaim, limitMs: number): Promise<ClaimedKey> {
    const { claims, clock, node } = this.#world
    if (claims === undefined) {
      this.#problem.add({ err: new Error('the adapter of the cluster has no claims') })
      return { state: 'unavailable' }
    }
    const name = nameOf(asked)
    const own: ClaimRecord = { node, digest: asked.digest, token: randomBytes(9).toString('base64url') }
    const begun = clock.now()
    const ttlMs = Math.max(this.#world.options().rememberMs, limitMs + graceMs)
    let endsAt = begun + limitMs
    let pauseMs = askMs.first
    let mayBeThere = false
    let deadOwner: string | undefined
    const earlier = await this.#abandoned.forget(name)
    for (;;) {
      const answer = await this.#ask(claims, name, own, ttlMs)
      const found = typeof answer === 'string' ? undefined : this.#read(answer, own)
      if (found === 'own') return this.#own(claims, name, own, asked.user, ttlMs)
      // Whoever else has it, this node has not.
      mayBeThere = typeof answer === 'string' && (mayBeThere || answer === 'failed')
      if (found === undefined) {
        if (typeof answer !== 'string') return { state: 'unavailable' }
      } else if (found.state !== 'running') return found
      else if (found.owner === node) {
        // It is not in this node's own book: it was asked for, and never made.
        mayBeThere = true
        await this.#take(claims, name, found.claim, own, ttlMs)
      } else {
        // Nothing that it told before it died is missed: the claim was read afterwards.
        if (found.owner === deadOwner) return { state: 'unknown' }
        deadOwner = this.#strangers.isDead(found.owner) ? found.owner : undefined
        if (deadOwner !== undefined) continue
        endsAt = begun + limitMs + graceMs
      }
      if (clock.now() >= endsAt || this.#isClosed) break
      await this.#pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, askMs.most)
    }
    // It may be put there yet, and would keep others from the key.
    const left = mayBeThere ? [...earlier, encodeClaim(own)] : earlier
    if (left.length > 0) this.#abandoned.add({ name, claims: left, endsAt: clock.now() + ttlMs })
    return { state: 'unavailable' }
  }

  async told(): Promise<void> {
    await Promise.all(this.#telling)
  }

  async #ask(claims: ClaimStore, name: ClaimName, own: ClaimRecord, ttlMs: number): Promise<Answer> {
    const found = await this.#inTime(() => claims.claim(name, encodeClaim(own), ttlMs))
    return typeof found === 'string' ? found : { found }
  }

  /** What a claim that is there means to who asks; undefined where it cannot be read. */
  #read(
    { found }: Exclude<Answer, Failure>,
    own: ClaimRecord
  ): Exclude<ClaimedKey, { state: 'own' }> | Running | 'own' | undefined {
    if (found === undefined) return 'own'
    const record = decodeClaim(found.claim)
    if (record === undefined) return undefined
    // An answer of the engine was lost, and the claim was not.
    if (record.token === own.token) return 'own'
    if (record.digest !== own.digest) return { state: 'reused' }
    if (record.isDone !== true) return { state: 'running', owner: record.node, claim: found.claim }
    const result = found.result && decodeResult(found.result)
    return result === undefined ? { state: 'expired' } : { state: 'ended', result }
  }

  /** The claim stays for as long as the call runs, however long that is. */
  #own(claims: ClaimStore, name: ClaimName, own: ClaimRecord, user: string, ttlMs: number): ClaimedKey {
    let renewing: Promise<unknown> | undefined
    const timer = new LookTimer(this.#world.clock, () => {
      renewing = this.#take(claims, name, encodeClaim(own), own, ttlMs)
      timer.start(ttlMs / 2)
    })
    timer.start(ttlMs / 2)
    return {
      state: 'own',
      end: (result) => {
        timer.stop()
        void this.#settle(claims, name, own, this.#toTell(user, result, claims), renewing)
      }
    }
  }

  /** Puts the own claim in the place of the one that is held. Whether it is there then, has to be asked. */
  async #take(
    claims: ClaimStore,
    name: ClaimName,
    held: string,
    own: ClaimRecord,
    ttlMs: number
  ): Promise<boolean> {
    return (await this.#inTime(() => claims.settle(name, held, encodeClaim(own), ttlMs))) === undefined
  }

  /** A result as others are told; undefined where there is no room for it at the engine. */
  #toTell(user: string, result: KeptResult | undefined, { maxResultBytes }: ClaimStore): Buffer | undefined {
    const bytes = result && encodeResult(result)
    if (bytes === undefined || bytes.length > Math.min(mostResultBytes, maxResultBytes ?? mostResultBytes))
      return
    const { clock, options } = this.#world
    return this.#budget.take(user, bytes.length, clock.now(), options()) ? bytes : undefined
  }

  #settle(
    claims: ClaimStore,
    name: ClaimName,
    own: ClaimRecord,
    bytes: Buffer | undefined,
    renewing: Promise<unknown> | undefined
  ): Promise<void> {
    const { rememberMs, keepMs } = this.#world.options()
    const claim = encodeClaim({ ...own, isDone: true })
    let tries = 0
    return this.#tell(async () => {
      await renewing
      // One that the engine never takes must not hide that the call has ended.
      const result = bytes && tries < maxResultTries ? { bytes, keepMs } : undefined
      const problem = await this.#inTime(() =>
        claims.settle(name, encodeClaim(own), claim, rememberMs, result)
      )
      if (problem !== 'not_sent') tries++
      return problem === undefined
    })
  }

  /** Tries until the engine has taken it. */
  #tell(attempt: () => Promise<boolean>): Promise<void> {
    const telling = this.#try(attempt).finally(() => this.#telling.delete(telling))
    this.#telling.add(telling)
    return telling
  }

  async #try(attempt: () => Promise<boolean>): Promise<void> {
    for (let pauseMs = askMs.first; !this.#isClosed && !(await attempt()); ) {
      await this.#pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, answerMs)
    }
  }

  async #inTime<Value>(ask: () => Promise<Value>): Promise<Value | Failure> {
    try {
      const answer = await withinTime(ask(), answerMs, this.#world.clock)
      if (answer !== timeIsUp) return answer as Value
      throw new Error(`no answer within ${answerMs} ms`)
    } catch (err) {
      if (err instanceof ClusterClosed) this.#isClosed = true
      else this.#problem.add({ err })
      return whyNotDone(err) ?? 'failed'
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.clock.setTimeout(resolve, ms).unref())
  }
}

/** Has the nodes of a cluster run each call with a key once among them. */
export function shareKeys(once: Once, node: ClusterNode, { claims }: ClusterAdapter): void {
  const { name, members, clock, log } = node
  once.shared = new ClusterKeys({
    node: name,
    claims,
    members,
    clock,
    log,
    options: () => once.ledger.options
  })
}

/** Digests: users and keys are any text, and of any length. */
function nameOf({ user, key }: KeyClaim): ClaimName {
  return { group: digest(user, 12), key: digest(key, 16) }
}

/** Not UTF-8, which has one form for all halves of pairs. */
function digest(text: string, bytes: number): string {
  return createHash('sha256').update(text, 'utf16le').digest().toString('base64url', 0, bytes)
}
