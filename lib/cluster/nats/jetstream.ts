import { headers, type Msg, type MsgHdrs, RequestError } from '@nats-io/transport-node'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import { oneLine } from '../../log/one-line.js'
import { notDone, whyNotDone } from '../not-done.js'
import type { Session } from './session.js'

/** Milliseconds that the server may take for an answer. */
const answerMs = 1_500

/** Milliseconds for which the clock of the server is taken to go as that of this process. */
const clockMs = 60_000

/** Milliseconds between two questions for its time alone. */
const askTimeMs = 30_000

/** What JetStream answers where there is no message, or no stream. */
const codes = { noMessage: 10_037, noStream: 10_059 } as const

/** What it answers who makes a stream that is there, or that somebody else makes at this moment. */
const thereCodes: ReadonlySet<number> = new Set([10_058, 10_065])

/** The last message of the subject is another one. */
const conflictCode = 10_071

/** So may it be soon, as one is under way; or a message of the same id is. */
const busyCodes: ReadonlySet<number> = new Set([10_164, 10_158])

/** What it answers where the message of a number is not there, or could not be taken away. */
const goneCodes: ReadonlySet<number> = new Set([codes.noMessage, 10_043, 10_057])

export const nanosPerMs = 1e6

/** A refusal of JetStream. */
export class JetStreamError extends Error {
  readonly code: number

  constructor({ err_code, description }: { err_code?: number; description?: string }) {
    super(`JetStream: ${description ?? 'no answer that is one'}`)
    this.code = err_code ?? 0
  }

  /** Somebody was faster: the last message of the subject is not the one that was expected. */
  get isConflict(): boolean {
    return this.code === conflictCode || this.isBusy
  }

  /** Somebody else's message is under way: who asks later is told more. */
  get isBusy(): boolean {
    return busyCodes.has(this.code)
  }

  get isGone(): boolean {
    return goneCodes.has(this.code)
  }
}

/** Nobody answers, as the server has no JetStream, or the stream is not there. */
export class NoJetStream extends Error {
  constructor(options: ErrorOptions) {
    super('JetStream does not answer: it is not enabled, or its stream has no leader', options)
  }
}

/** A message of a stream, and its number in it. */
export interface StoredMessage {
  readonly seq: number
  readonly data: Buffer
  /** Lines of `name: value`. */
  readonly headers: string
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number
}

/** What to publish a message of a stream with. */
export interface PublishTerms {
  /** The number that the last message of the subject must have, 0 for none. */
  readonly last?: number
  /** Messages of one id are one message. */
  readonly id?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** What a stream is asked to be. */
export interface StreamConfig {
  readonly name: string
  readonly [setting: string]: unknown
}

/** JetStream over one connection, spoken by hand: few of its questions are asked here. */
export class JetStream {
  readonly #session: Session
  /** The streams that are known to be there. */
  readonly #streams = new Map<string, Promise<void>>()
  /** What its clock said, that of this process then, and how long the answer took. */
  #clock: { readonly serverMs: number; readonly ownMs: number; readonly tookMs: number } | undefined
  /** Not sooner than this it is asked for its time again, whether it has answered or not. */
  #askTimeFrom = 0

  constructor(session: Session) {
    this.#session = session
  }

  /** The time of the server, in milliseconds since 1970; undefined where it has not been heard lately. */
  get now(): number | undefined {
    const passed = this.#clock && performance.now() - this.#clock.ownMs
    return passed === undefined || passed > clockMs ? undefined : Number(this.#clock?.serverMs) + passed
  }

  /** Asks for that, by a stream that is there. Nobody has to wait for it. */
  askTime(stream: string): void {
    if (performance.now() < this.#askTimeFrom) return
    this.#askTimeFrom = performance.now() + askTimeMs
    const config = { deliver_policy: 'new', ack_policy: 'none', mem_storage: true, num_replicas: 1 }
    this.consumer(stream, { ...config, inactive_threshold: answerMs * nanosPerMs })
      .then(({ name }) => this.api(`CONSUMER.DELETE.${stream}.${name}`, {}))
      .catch(() => {})
  }

  /** Bytes of the largest message, with its headers. */
  get maxPayload(): number {
    return this.#session.maxPayload
  }

  /** Whether the stream is known to be there. */
  knows(stream: string): boolean {
    return this.#streams.has(stream)
  }

  /** Version of the server, as numbers: major and minor. */
  get version(): readonly [number, number] {
    const [major = 0, minor = 0] = this.#session.serverVersion.split('.').map(Number)
    return [major, minor]
  }

  /**
   * Makes a stream, once. One that is there stays as it is.
   *
   * @param check what the stream is: throws where it cannot be used
   */
  stream(config: StreamConfig, check: (found: Record<string, unknown>) => void = () => {}): Promise<void> {
    const there = this.#streams.get(config.name)
    if (there !== undefined) return there
    const making = this.#make(config, check)
    this.#streams.set(config.name, making)
    making.catch(() => this.#streams.delete(config.name))
    return making
  }

  /** Whether there is a stream of this name. */
  async exists(stream: string): Promise<boolean> {
    return this.api(`STREAM.INFO.${stream}`, {}).then(
      () => true,
      (err: unknown) => {
        if (err instanceof JetStreamError) return false
        throw err
      }
    )
  }

  /** The last message of a subject. */
  last(stream: string, subject: string): Promise<StoredMessage | undefined> {
    return this.#get(stream, { last_by_subj: subject })
  }

  /** The message of a number. */
  at(stream: string, seq: number): Promise<StoredMessage | undefined> {
    return this.#get(stream, { seq })
  }

  /** Has a stream take a message. Rejects with a {@link JetStreamError} where it is not taken. */
  async publish(
    subject: string,
    bytes: Uint8Array,
    { last, id, headers: more = {} }: PublishTerms = {}
  ): Promise<{ seq: number; duplicate: boolean }> {
    const fields = Object.entries(more)
    if (last !== undefined) fields.push(['Nats-Expected-Last-Subject-Sequence', `${last}`])
    if (id !== undefined) fields.push(['Nats-Msg-Id', id])
    const { seq, duplicate } = await this.#ask(subject, bytes, headOf(fields))
    return { seq: Number(seq), duplicate: duplicate === true }
  }

  /** Asks the server. Rejects with a {@link JetStreamError} where it refuses. */
  api(subject: string, body: object): Promise<Record<string, unknown>> {
    return this.#ask(`$JS.API.${subject}`, Buffer.from(JSON.stringify(body)))
  }

  /** Makes a reader of a stream, which the server forgets when it is not used. */
  async consumer(stream: string, config: object): Promise<{ name: string; pending: number; now: number }> {
    const body = { stream_name: stream, config }
    const asked = performance.now()
    const { name, num_pending, created } = await this.api(`CONSUMER.CREATE.${stream}`, body)
    const now = Date.parse(String(created))
    const tookMs = performance.now() - asked
    // An answer that took long says less.
    if (this.now === undefined || tookMs <= Number(this.#clock?.tookMs))
      this.#clock = { serverMs: now, ownMs: asked + tookMs / 2, tookMs }
    return { name: String(name), pending: Number(num_pending), now }
  }

  /** The next messages of a consumer, which has so many; fewer where they do not come in time. */
  next(stream: string, consumer: string, count: number): Promise<Msg[]> {
    const body = { batch: count, expires: answerMs * nanosPerMs }
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`
    return this.#session.gather(subject, Buffer.from(JSON.stringify(body)), count, answerMs)
  }

  async #make(config: StreamConfig, check: (found: Record<string, unknown>) => void): Promise<void> {
    const created = await this.api(`STREAM.CREATE.${config.name}`, config).catch((err: unknown) => {
      if (!(err instanceof JetStreamError) || !thereCodes.has(err.code)) throw err
      // Of another stream with these subjects it tells, too.
      return this.api(`STREAM.INFO.${config.name}`, {}).catch(() => Promise.reject(err))
    })
    check(Object(created.config))
  }

  async #get(stream: string, which: object): Promise<StoredMessage | undefined> {
    try {
      const { message } = await this.api(`STREAM.MSG.GET.${stream}`, which)
      const { data, seq, hdrs, time } = Object(message) as Record<string, unknown>
      return {
        seq: Number(seq),
        data: Buffer.from(String(data ?? ''), 'base64'),
        headers: Buffer.from(String(hdrs ?? ''), 'base64').toString(),
        at: Date.parse(String(time))
      }
    } catch (err) {
      if (err instanceof JetStreamError && err.code === codes.noMessage) return undefined
      throw err
    }
  }

  async #ask(subject: string, bytes: Uint8Array, head?: MsgHdrs): Promise<Record<string, unknown>> {
    const answer = await this.#session.request(subject, bytes, answerMs, head).catch((err: unknown) => {
      if (!(err instanceof RequestError) || !err.isNoResponders()) throw err
      // Whoever asks next finds out whether they are there.
      this.#streams.clear()
      throw new NoJetStream({ cause: err })
    })
    const said: unknown = JSON.parse(Buffer.from(answer).toString())
    const { error, ...rest } = Object(said) as Record<string, unknown>
    if (error === undefined) return rest
    const refusal = new JetStreamError(Object(error))
    if (refusal.code === codes.noStream) this.#streams.clear()
    throw refusal
  }
}

/** None where it would be empty: that counts as part of the message, which may be as large as one can be. */
function headOf(fields: readonly [string, string][]): MsgHdrs | undefined {
  if (fields.length === 0) return undefined
  const head = headers()
  for (const [name, value] of fields) head.set(name, value)
  return head
}

/** JetStream over whatever connection there is. */
export class JetStreams {
  readonly #session: () => Session | 'away' | 'closed'
  readonly #known = new WeakMap<Session, JetStream>()

  constructor(session: () => Session | 'away' | 'closed') {
    this.#session = session
  }

  /** Undefined while there is no connection. */
  get current(): JetStream | undefined {
    const session = this.#session()
    return typeof session === 'string' ? undefined : this.#of(session)
  }

  /** Does something over the connection. Rejects with what the nodes of a cluster understand. */
  async with<Value>(work: (jetStream: JetStream) => Promise<Value>): Promise<Value> {
    const session = this.#session()
    if (session === 'closed') throw new ClusterClosed()
    try {
      if (session === 'away') throw notDone(new Error('there is no connection'), 'not_sent')
      return await work(this.#of(session))
    } catch (err) {
      if (this.#session() === 'closed') throw new ClusterClosed()
      const problem = new ClusterUnreachable('NATS', oneLine(err), { cause: err })
      const isRefusal = err instanceof JetStreamError || err instanceof NoJetStream
      const why = isRefusal ? 'refused' : whyNotDone(err)
      throw why === undefined ? problem : notDone(problem, why)
    }
  }

  #of(session: Session): JetStream {
    const known = this.#known.get(session) ?? new JetStream(session)
    this.#known.set(session, known)
    return known
  }
}

/** The name of a stream of a deployment. Names of streams have no dots, and little else. */
export function streamName(prefix: string, kind: string): string {
  return `${prefix.replace(/[^\w-]/g, '_')}_${kind}`
}
