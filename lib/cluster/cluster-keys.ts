import { createHash, randomBytes } from 'node:crypto'
import { ClusterClosed } from '../errors.js'
import { QuietLine } from '../log/quiet-line.js'
import type { ClaimedKey, KeyClaim, Once, SharedKeys } from '../once/once.js'
import type { OnceOptions } from '../once/options.js'
import { decodeResult, encodeResult, type KeptResult } from '../once/result.js'
import type { Clock } from '../time/clock.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import type { Logger } from '../util/logger.js'
import type { ClaimName, ClaimStore, ClusterAdapter, FoundClaim } from './adapter.js'
import { type ClaimRecord, decodeClaim, encodeClaim } from './claim-record.js'
import type { ClusterNode } from './cluster-node.js'
import type { Members } from './members.js'

/** How long the engine may take to answer before it is asked again. */
const answerMs = 2_000

/** Milliseconds between two questions what became of a call: at first, and at most. */
const askMs = { first: 20, most: 250 }

/** Own heartbeats after which a node that was never heard is none any more. */
const strangerBeats = 6

/** How much longer than a call may take its end is waited for: its node may be slow to tell. */
const graceMs = 5_000

/** Bytes of the largest result that other nodes are told. */
const maxResultBytes = 512 * 1024

/** What became of one question to the engine. */
type Answer = { readonly found: FoundClaim | undefined } | 'failed'

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
  /** What the engine has not been told yet. */
  readonly #telling = new Set<Promise<void>>()
  /** Claims that were given up, and may be at the engine. */
  readonly #releasing = new Map<string, Promise<void>>()
  /** The engine is used no more. */
  #isClosed = false

  constructor(world: ClusterKeysOptions) {
    this.#world = world
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
    const stranger = new Stranger(this.#world.members)
    const begun = clock.now()
    let endsAt = begun + limitMs
    let pauseMs = askMs.first
    let failed = false
    let deadOwner: string | undefined
    if (!(await this.#isReleased(name, limitMs))) return { state: 'unavailable' }
    for (;;) {
      const answer = await this.#ask(claims, name, own)
      const found = answer === 'failed' ? undefined : this.#read(answer, own)
      if (found === 'own') return this.#own(claims, name, own)
      if (answer === 'failed') failed = true
      else if (found === undefined) return { state: 'unavailable' }
      else if (found.state !== 'running') return found
      else if (found.owner === node) {
        // It is not in this node's own book: it was asked for, and never made.
        if (await this.#take(claims, name, own)) return this.#own(claims, name, own)
        failed = true
      } else {
        // Nothing that it told before it died is missed: the claim was read afterwards.
        if (found.owner === deadOwner) return { state: 'unknown' }
        deadOwner = stranger.isDead(found.owner) ? found.owner : undefined
        if (deadOwner !== undefined) continue
        endsAt = begun + limitMs + graceMs
      }
      if (clock.now() >= endsAt || this.#isClosed) break
      await this.#pause(pauseMs)
      pauseMs = Math.min(pauseMs * 2, askMs.most)
    }
    // It may be put there yet, and would keep others from the key.
    if (failed) this.#release(claims, name, own)
    return { state: 'unavailable' }
  }

  async told(): Promise<void> {
    await Promise.all(this.#telling)
  }

  async #ask(claims: ClaimStore, name: ClaimName, own: ClaimRecord): Promise<Answer> {
    const { rememberMs } = this.#world.options()
    const found = await this.#inTime(() => claims.claim(name, encodeClaim(own), rememberMs))
    return found === 'failed' ? 'failed' : { found }
  }

  /** What a claim that is there means to who asks; undefined where it cannot be read. */
  #read(
    { found }: Exclude<Answer, 'failed'>,
    own: ClaimRecord
  ): Exclude<ClaimedKey, { state: 'own' }> | { state: 'running'; owner: string } | 'own' | undefined {
    if (found === undefined) return 'own'
    const record = decodeClaim(found.claim)
    if (record === undefined) return undefined
    // An answer of the engine was lost, and the claim was not.
    if (record.token === own.token) return 'own'
    if (record.digest !== own.digest) return { state: 'reused' }
    if (record.isDone !== true) return { state: 'running', owner: record.node }
    const result = found.result && decodeResult(found.result)
    return result === undefined ? { state: 'expired' } : { state: 'ended', result }
  }

  #own(claims: ClaimStore, name: ClaimName, own: ClaimRecord): ClaimedKey {
    return { state: 'own', end: (result) => void this.#tell(() => this.#settle(claims, name, own, result)) }
  }

  async #take(claims: ClaimStore, name: ClaimName, own: ClaimRecord): Promise<boolean> {
    const { rememberMs } = this.#world.options()
    return (await this.#inTime(() => claims.settle(name, encodeClaim(own), rememberMs))) !== 'failed'
  }

  async #settle(
    claims: ClaimStore,
    name: ClaimName,
    own: ClaimRecord,
    result: KeptResult | undefined
  ): Promise<boolean> {
    const { rememberMs, keepMs } = this.#world.options()
    const bytes = result && encodeResult(result)
    const kept = bytes && bytes.length <= maxResultBytes ? { bytes, keepMs } : undefined
    const claim = encodeClaim({ ...own, isDone: true })
    return (await this.#inTime(() => claims.settle(name, claim, rememberMs, kept))) !== 'failed'
  }

  #release(claims: ClaimStore, name: ClaimName, own: ClaimRecord): void {
    const id = `${name.group} ${name.key}`
    const releasing = this.#tell(() => this.#releaseOwn(claims, name, own)).finally(() => {
      if (this.#releasing.get(id) === releasing) this.#releasing.delete(id)
    })
    this.#releasing.set(id, releasing)
  }

  /** What this node takes away must not be what it has claimed anew. */
  async #isReleased({ group, key }: ClaimName, limitMs: number): Promise<boolean> {
    const releasing = this.#releasing.get(`${group} ${key}`)
    return releasing === undefined || (await withinTime(releasing, limitMs, this.#world.clock)) !== timeIsUp
  }

  /** Where the claim that was given up is there after all. */
  async #releaseOwn(claims: ClaimStore, name: ClaimName, own: ClaimRecord): Promise<boolean> {
    const { rememberMs } = this.#world.options()
    const found = await this.#inTime(() => claims.claim(name, encodeClaim(own), rememberMs))
    if (found === 'failed') return false
    if (found !== undefined && decodeClaim(found.claim)?.token !== own.token) return true
    return (await this.#inTime(() => claims.release(name))) !== 'failed'
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

  async #inTime<Value>(ask: () => Promise<Value>): Promise<Value | 'failed'> {
    try {
      const answer = await withinTime(ask(), answerMs, this.#world.clock)
      if (answer !== timeIsUp) return answer as Value
      throw new Error(`no answer within ${answerMs} ms`)
    } catch (err) {
      if (err instanceof ClusterClosed) this.#isClosed = true
      else this.#problem.add({ err })
      return 'failed'
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

/** Finds out whether the node that makes a call is there: it may be too new to have been heard, or long dead. */
class Stranger {
  readonly #members: Members
  #since: number | undefined

  constructor(members: Members) {
    this.#members = members
  }

  isDead(node: string): boolean {
    const isAlive = this.#members.isAlive(node)
    if (isAlive !== undefined) return !isAlive
    this.#since ??= this.#members.beats
    return this.#members.beats - this.#since >= strangerBeats
  }
}

/** Digests: users and keys are any text, and of any length. */
function nameOf({ user, key }: KeyClaim): ClaimName {
  return { group: digest(user, 12), key: digest(key, 16) }
}

/** Not UTF-8, which has one form for all halves of pairs. */
function digest(text: string, bytes: number): string {
  return createHash('sha256').update(text, 'utf16le').digest().toString('base64url', 0, bytes)
}
