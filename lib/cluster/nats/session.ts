import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Subscription
} from '@nats-io/transport-node'
import { ClusterClosed } from '../../errors.js'
import { encodePart, maxMessageBytes, partHeader, partHeaderBytes } from './parts.js'

/** Milliseconds between two questions whether the server is still there, and how many may find no sign of it. */
const beatMs = 1000
const maxSilentBeats = 3

/** Milliseconds until a message to itself has to be back. */
const probeMs = 4000

/** About what the line of a message takes beside its subject. */
const lineBytes = 16

/** Bytes after which the server is asked to confirm what it got, at most. */
const markBytes = 128 * 1024

/** Bytes of a message where the server does not say how many it takes. */
const usualMaxPayload = 1024 * 1024

export interface SessionOptions {
  readonly outboxBytes: number
  /** Once, when the connection has ended; not after {@link Session.close}. */
  lost(problem: Error): void
  /** Every second. */
  beat(): void
}

/**
 * One connection to a server; it is not made a second time. What was published counts as waiting until the server
 * has confirmed it: whatever queues it is in, here and on the way, cannot grow further.
 */
export class Session {
  /** Unlike that of any other connection. */
  readonly name = randomBytes(9).toString('base64url')
  /** Rejects when the connection has ended. */
  readonly ended: Promise<never>
  readonly #connection: NatsConnection
  readonly #options: SessionOptions
  readonly #markBytes: number
  readonly #since = performance.now()
  readonly #timer: NodeJS.Timeout
  #end: (err: Error) => void = () => {}
  #otherServers: readonly string[]
  #isOver = false
  #waitingBytes = 0
  #unmarkedBytes = 0
  #messages = 0
  #wasHeard = true
  #bytesHeard = 0
  #silentBeats = 0
  /** Told what the server refuses. */
  #refuse: (err: Error) => void = () => {}

  constructor(connection: NatsConnection, options: SessionOptions) {
    this.#connection = connection
    this.#otherServers = connection.info?.connect_urls ?? []
    this.#options = options
    this.#markBytes = Math.min(markBytes, options.outboxBytes / 4)
    this.ended = new Promise((_, reject) => {
      this.#end = reject
    })
    this.ended.catch(() => {})
    connection.closed().then((err) => this.fail(err ?? new Error('the server has ended the connection')))
    this.#watch().catch(() => {})
    this.#timer = setInterval(() => this.#beat(), beatMs)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Milliseconds that it has been there. */
  get ageMs(): number {
    return performance.now() - this.#since
  }

  /** Addresses of further servers that this one has told of so far. */
  get otherServers(): readonly string[] {
    return this.#otherServers
  }

  /** Never throws; false where too much waits, or the message is too large. */
  publish(subject: string, bytes: Uint8Array): boolean {
    const size = bytes.length + subject.length + lineBytes
    if (this.#isOver || this.#waitingBytes + size > this.#options.outboxBytes) return false
    const { maxPayload } = this
    try {
      if (bytes.length <= maxPayload) this.#connection.publish(subject, bytes)
      else if (!this.#publishParts(subject, bytes, maxPayload - partHeaderBytes)) return false
    } catch {
      // It has ended, which will be told.
      return false
    }
    this.#waitingBytes += size
    this.#unmarkedBytes += size
    if (this.#unmarkedBytes >= this.#markBytes) this.#mark()
    return true
  }

  /**
   * All subscriptions of a subject are one group, of which one gets each message: a new one can take over from an old
   * one without a gap and without a message that comes twice.
   */
  subscribe(subject: string, callback: (err: Error | null, msg: Msg) => void): Subscription {
    return this.#connection.subscribe(subject, { queue: this.name, callback })
  }

  /** Bytes of the largest message that the server takes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? usualMaxPayload
  }

  get serverVersion(): string {
    return this.#connection.info?.version ?? ''
  }

  /** Resolves with what answers a request; rejects where nobody does in time. */
  async request(subject: string, bytes: Uint8Array, timeoutMs: number, head?: MsgHdrs): Promise<Uint8Array> {
    const options = { timeout: timeoutMs, ...(head && { headers: head }) }
    const { data } = await this.#connection.request(subject, bytes, options)
    this.#wasHeard = true
    return data
  }

  /** Resolves with up to `count` messages with bytes that answer a request: those that came in time. */
  async gather(subject: string, bytes: Uint8Array, count: number, timeoutMs: number): Promise<Msg[]> {
    const messages: Msg[] = []
    // An inbox of its own: messages of a stream bear its subject, and not that of the inbox.
    const options = { strategy: 'count', maxMessages: count, maxWait: timeoutMs, noMux: true } as const
    for await (const message of await this.#connection.requestMany(subject, bytes, options)) {
      this.#wasHeard = true
      // Others say how it goes.
      if (message.data.length > 0) messages.push(message)
    }
    return messages
  }

  /** Resolves when the server has done all that it was asked for; may never settle when the connection ends. */
  async flush(): Promise<void> {
    await this.#connection.flush()
    this.#wasHeard = true
  }

  /** Resolves when what is published on the subject comes back: the server may allow less. */
  async hearItself(subject: string): Promise<void> {
    let late: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.#refuse = reject
      this.ended.catch(reject)
      late = setTimeout(() => reject(new Error('the server does not pass on what is published')), probeMs)
      const subscription = this.subscribe(subject, (err) => {
        if (err !== null) return reject(err)
        subscription.unsubscribe()
        resolve()
      })
      this.publish(subject, new Uint8Array(1))
    }).finally(() => clearTimeout(late))
  }

  fail(problem: Error): void {
    if (this.#isOver) return
    this.#stop()
    this.#end(problem)
    this.#options.lost(problem)
    void this.#connection.close().catch(() => {})
  }

  /** Sends what waits and ends; after `graceMs` without waiting. */
  async close(graceMs: number): Promise<void> {
    if (this.#isOver) return
    this.#stop()
    this.#end(new ClusterClosed())
    const late = new AbortController()
    const flushed = Promise.race([this.#connection.flush(), this.#connection.closed()])
    await Promise.race([flushed, sleep(graceMs, undefined, { signal: late.signal })]).catch(() => {})
    late.abort()
    await this.#connection.close()
  }

  #stop(): void {
    this.#isOver = true
    clearInterval(this.#timer)
  }

  #publishParts(subject: string, bytes: Uint8Array, partBytes: number): boolean {
    const isPossible = partBytes > 0 && this.#connection.info?.headers === true
    if (!isPossible || bytes.length > maxMessageBytes) return false
    const id = `${this.name}${++this.#messages}`
    const count = Math.ceil(bytes.length / partBytes)
    for (let index = 0; index < count; index++) {
      const header = headers()
      header.set(partHeader, encodePart({ id, index, count, size: bytes.length }))
      const part = bytes.subarray(index * partBytes, (index + 1) * partBytes)
      this.#connection.publish(subject, part, { headers: header })
    }
    return true
  }

  /** Asks the server to confirm what it got until now. */
  #mark(): void {
    const bytes = this.#unmarkedBytes
    this.#unmarkedBytes = 0
    this.flush().then(
      () => {
        this.#waitingBytes -= bytes
      },
      () => {}
    )
  }

  #beat(): void {
    const { inBytes } = this.#connection.stats()
    const isAlive = this.#wasHeard || inBytes !== this.#bytesHeard
    this.#wasHeard = false
    this.#bytesHeard = inBytes
    // Beats are counted, and not time: a process that stood still has one of them only.
    this.#silentBeats = isAlive ? 0 : this.#silentBeats + 1
    if (this.#silentBeats >= maxSilentBeats) return this.fail(new Error('the server does not answer'))
    this.#mark()
    this.#options.beat()
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'error') this.#refuse(status.error)
      // Servers come and go; when the connection has ended nobody says any more which there are.
      if (status.type === 'update') this.#otherServers = this.#connection.info?.connect_urls ?? []
    }
  }
}
