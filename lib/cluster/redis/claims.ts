import { ClientClosedError, ClientOfflineError, ErrorReply, RESP_TYPES } from '@redis/client'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import type { ClaimName, ClaimStore, FoundClaim } from '../adapter.js'
import { notDone, whyNotDone } from '../not-done.js'
import type { Names } from './names.js'
import { reasonOf } from './reason.js'

export type Command = readonly (string | Buffer)[]

/** Sends a command to the server that has the names of a head. Undefined where there is none. */
export type Ask = (head: number, command: Command) => Promise<unknown> | undefined

/** How often a claim is tried that is taken away each time just before it is read. */
const maxTries = 3

/** Puts a claim, and its result, in the place of the one that is held, or of none. */
const settleScript = `local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[1] and there ~= ARGV[2] then return 0 end
if ARGV[5] then redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[4]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** Takes a claim and its result away, where it is that claim. */
const releaseScript =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1], KEYS[2]) end return 0"

/** Replies of bytes, as results need not be text. */
export const bytesInReplies = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }

/** Claims as keys of Redis, which end by themselves. Those of a user are in one slot. */
export class RedisClaims implements ClaimStore {
  readonly #names: Names
  readonly #ask: Ask
  readonly #isClosed: () => boolean

  constructor(names: Names, ask: Ask, isClosed: () => boolean) {
    this.#names = names
    this.#ask = ask
    this.#isClosed = isClosed
  }

  async claim(name: ClaimName, claim: string, ttlMs: number): Promise<FoundClaim | undefined> {
    const [at, resultAt] = this.#keysOf(name)
    for (let tries = 0; tries < maxTries; tries++) {
      const put = await this.#send(name, ['SET', at, claim, 'NX', 'PX', timeOf(ttlMs)])
      if (put !== null) return undefined
      const [found, result] = (await this.#send(name, ['MGET', at, resultAt])) as (Buffer | null)[]
      if (found) return { claim: found.toString(), result: result ?? undefined }
    }
    throw new ClusterUnreachable('Redis', 'a claim comes and goes')
  }

  async settle(
    name: ClaimName,
    held: string,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): Promise<void> {
    const said = result === undefined ? [] : [timeOf(result.keepMs), Buffer.from(result.bytes)]
    const keys = this.#keysOf(name)
    await this.#send(name, ['EVAL', settleScript, '2', ...keys, held, claim, timeOf(ttlMs), ...said])
  }

  async release(name: ClaimName, claim: string): Promise<void> {
    await this.#send(name, ['EVAL', releaseScript, '2', ...this.#keysOf(name), claim])
  }

  #keysOf({ group, key }: ClaimName): [claim: string, result: string] {
    const head = this.#names.heads[this.#names.headOf(group)]
    return [`${head}once:${group}:${key}`, `${head}once:${group}:${key}:result`]
  }

  async #send({ group }: ClaimName, command: Command): Promise<unknown> {
    if (this.#isClosed()) throw new ClusterClosed()
    try {
      const reply = this.#ask(this.#names.headOf(group), command)
      if (reply === undefined) throw notDone(new Error('it is away'), 'not_sent')
      return await reply
    } catch (err) {
      if (this.#isClosed()) throw new ClusterClosed()
      const problem = new ClusterUnreachable('Redis', reasonOf(err), { cause: err })
      const why = err instanceof ErrorReply ? 'refused' : isUnsent(err) ? 'not_sent' : whyNotDone(err)
      throw why === undefined ? problem : notDone(problem, why)
    }
  }
}

const isUnsent = (err: unknown): boolean =>
  err instanceof ClientOfflineError || err instanceof ClientClosedError

/** Redis takes no time of 0. */
const timeOf = (ms: number): string => `${Math.max(1, ms)}`
