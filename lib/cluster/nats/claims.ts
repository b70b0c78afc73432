import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import { oneLine } from '../../log/one-line.js'
import type { ClaimName, ClaimStore, FoundClaim } from '../adapter.js'
import { notDone, whyNotDone } from '../not-done.js'
import type { Session } from './session.js'

/** Milliseconds that the server may take for an answer. */
const answerMs = 1_500

/** How often a claim is tried that is taken away each time just before it is read. */
const maxTries = 3

/** What JetStream answers where there is a message of the subject, or none, or a stream that is not as asked. */
const codes = { wrongLastSequence: 10_071, noMessage: 10_037, otherStream: 10_058 } as const

/** What it answers where the message of a number is not there, or could not be taken away. */
const goneCodes: ReadonlySet<number> = new Set([codes.noMessage, 10_043, 10_057])

const nanosPerMs = 1e6

type Kind = 'claims' | 'results'

/** The last message of a subject, and its number in the stream. */
interface Found {
  readonly data: Buffer
  readonly seq: number
}

/** A refusal of JetStream. */
class JetStreamError extends Error {
  readonly code: number

  constructor({ err_code, description }: { err_code?: number; description?: string }) {
    super(`JetStream: ${description ?? 'no answer that is one'}`)
    this.code = err_code ?? 0
  }
}

/**
 * Claims in two streams of JetStream, one for claims and one for results, as messages of a stream end at the same age.
 * Both are made with the first call that needs them, unless they are there.
 */
export class NatsClaims implements ClaimStore {
  readonly #prefix: string
  readonly #replicas: number
  readonly #session: () => Session | 'away' | 'closed'
  /** The streams that are known to be there, by the connection that found out. */
  readonly #streams = new WeakMap<Session, Map<Kind, Promise<void>>>()

  constructor(prefix: string, replicas: number, session: () => Session | 'away' | 'closed') {
    this.#prefix = prefix
    this.#replicas = replicas
    this.#session = session
  }

  get maxResultBytes(): number | undefined {
    const session = this.#session()
    return typeof session === 'string' ? undefined : session.maxPayload
  }

  async claim(name: ClaimName, claim: string, ttlMs: number): Promise<FoundClaim | undefined> {
    return this.#with(async (session) => {
      await this.#stream(session, 'claims', ttlMs)
      for (let tries = 0; tries < maxTries; tries++) {
        if (await this.#put(session, name, claim)) return undefined
        const found = await this.#get(session, 'claims', name)
        if (found === undefined) continue
        const hasResults =
          this.#streams.get(session)?.has('results') === true || (await this.#exists(session))
        return {
          claim: found.toString(),
          result: hasResults ? await this.#get(session, 'results', name) : undefined
        }
      }
      throw new Error('a claim comes and goes')
    })
  }

  async settle(
    name: ClaimName,
    held: string,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): Promise<void> {
    await this.#with(async (session) => {
      await this.#stream(session, 'claims', ttlMs)
      for (let tries = 0; tries < maxTries; tries++) {
        const there = await this.#find(session, 'claims', name)
        if (there !== undefined && ![held, claim].includes(there.data.toString())) return
        // The result is there before anybody can look for it.
        if (result !== undefined) {
          await this.#stream(session, 'results', result.keepMs)
          await this.#ask(session, this.#subject('results', name), result.bytes)
        }
        if (await this.#put(session, name, claim, there?.seq)) return
      }
      throw new Error('a claim comes and goes')
    })
  }

  async release(name: ClaimName, claim: string): Promise<void> {
    await this.#with(async (session) => {
      const found = await this.#find(session, 'claims', name)
      if (found?.data.toString() !== claim) return
      // That one message, whatever has come in its place meanwhile.
      const stream = this.#streamName('claims')
      await this.#api(session, `STREAM.MSG.DELETE.${stream}`, { seq: found.seq, no_erase: true }).catch(
        ignoreGone
      )
    })
  }

  /** Where the last message of that subject is the one of that number, or there is none; false where it is another. */
  async #put(session: Session, name: ClaimName, claim: string, last = 0): Promise<boolean> {
    const head = headers()
    head.set('Nats-Expected-Last-Subject-Sequence', `${last}`)
    try {
      await this.#ask(session, this.#subject('claims', name), Buffer.from(claim), head)
      return true
    } catch (err) {
      if (err instanceof JetStreamError && err.code === codes.wrongLastSequence) return false
      throw err
    }
  }

  async #get(session: Session, kind: Kind, name: ClaimName): Promise<Buffer | undefined> {
    return (await this.#find(session, kind, name))?.data
  }

  async #find(session: Session, kind: Kind, name: ClaimName): Promise<Found | undefined> {
    try {
      const asked = { last_by_subj: this.#subject(kind, name) }
      const { message } = await this.#api(session, `STREAM.MSG.GET.${this.#streamName(kind)}`, asked)
      const { data, seq } = Object(message) as Record<string, unknown>
      return { data: Buffer.from(String(data ?? ''), 'base64'), seq: Number(seq) }
    } catch (err) {
      if (err instanceof JetStreamError && err.code === codes.noMessage) return undefined
      throw err
    }
  }

  /** Whether any node has made the stream of results. */
  async #exists(session: Session): Promise<boolean> {
    return this.#api(session, `STREAM.INFO.${this.#streamName('results')}`, {}).then(
      () => true,
      (err: unknown) => {
        if (err instanceof JetStreamError) return false
        throw err
      }
    )
  }

  /** Makes a stream, once for each connection. One that is there stays as it is. */
  #stream(session: Session, kind: Kind, ageMs: number): Promise<void> {
    const known = this.#streams.get(session) ?? new Map<Kind, Promise<void>>()
    this.#streams.set(session, known)
    const there = known.get(kind)
    if (there !== undefined) return there
    const making = this.#makeStream(session, kind, ageMs)
    known.set(kind, making)
    making.catch(() => known.delete(kind))
    return making
  }

  async #makeStream(session: Session, kind: Kind, ageMs: number): Promise<void> {
    const name = this.#streamName(kind)
    const config = {
      name,
      subjects: [`${this.#prefix}.%once.${kind}.*.*`],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      num_replicas: this.#replicas,
      max_msgs_per_subject: 1,
      max_age: Math.max(1, ageMs) * nanosPerMs,
      // It may not be longer than the age.
      duplicate_window: Math.min(Math.max(100, ageMs), 120_000) * nanosPerMs
    }
    try {
      await this.#api(session, `STREAM.CREATE.${name}`, config)
    } catch (err) {
      if (!(err instanceof JetStreamError) || err.code !== codes.otherStream) throw err
    }
  }

  /** Names of streams have no dots, and little else. */
  #streamName(kind: Kind): string {
    return `${this.#prefix.replace(/[^\w-]/g, '_')}_once_${kind}`
  }

  /** Subjects of channels are one token behind the prefix. */
  #subject(kind: Kind, { group, key }: ClaimName): string {
    return `${this.#prefix}.%once.${kind}.${group}.${key}`
  }

  #api(session: Session, subject: string, body: object): Promise<Record<string, unknown>> {
    return this.#ask(session, `$JS.API.${subject}`, Buffer.from(JSON.stringify(body)))
  }

  async #ask(
    session: Session,
    subject: string,
    bytes: Uint8Array,
    head?: MsgHdrs
  ): Promise<Record<string, unknown>> {
    const answer = await session.request(subject, bytes, answerMs, head)
    const said: unknown = JSON.parse(Buffer.from(answer).toString())
    const { error, ...rest } = Object(said) as Record<string, unknown>
    if (error !== undefined) throw new JetStreamError(Object(error))
    return rest
  }

  async #with<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    const session = this.#session()
    if (session === 'closed') throw new ClusterClosed()
    try {
      if (session === 'away') throw notDone(new Error('there is no connection'), 'not_sent')
      return await work(session)
    } catch (err) {
      if (this.#session() === 'closed') throw new ClusterClosed()
      const problem = new ClusterUnreachable('NATS', oneLine(err), { cause: err })
      const why = err instanceof JetStreamError ? 'refused' : whyNotDone(err)
      throw why === undefined ? problem : notDone(problem, why)
    }
  }
}

/** Somebody was faster. */
function ignoreGone(err: unknown): void {
  if (!(err instanceof JetStreamError) || !goneCodes.has(err.code)) throw err
}
