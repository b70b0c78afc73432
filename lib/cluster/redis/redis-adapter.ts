import { setMaxListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import type { ClaimStore, ClusterAdapter, ClusterSink, EngineHistory } from '../adapter.js'
import { backOff } from '../back-off.js'
import { RedisClaims } from './claims.js'
import { Links } from './links.js'
import type { Names } from './names.js'
import { reasonOf } from './reason.js'
import { StreamHistory, type StreamServer } from './stream-history.js'
import type { Topology } from './topology.js'

export interface RedisAdapterOptions {
  readonly topology: Topology
  readonly names: Names
  readonly outboxBytes: number
  readonly connectTimeoutMs: number
  /** Whether a name, for a channel or for what is kept, is in the hands of one server: else nothing can be kept. */
  readonly keeps: boolean
}

/** How long the last messages may take to be sent at the end. */
const endMs = 2_000

/** How long they may take where a server has gone and its other connection has not: what follows keeps its order. */
const drainMs = 500

/** Waits between attempts to connect again: an engine is used within a second of its return. */
const reconnect = { minMs: 25, maxMs: 800 }

/** Links that lasted so long are no failure. */
const steadyMs = 5_000

/** What joins nodes through the pub/sub of Redis, or of what speaks its protocol. */
export class RedisAdapter implements ClusterAdapter {
  readonly claims: ClaimStore | undefined
  readonly history: EngineHistory | undefined
  readonly #options: RedisAdapterOptions
  #sink: ClusterSink | undefined
  #links: Links | undefined
  #failures = 0
  #attempt: AbortController | undefined
  #keeping: Promise<void> | undefined
  #isClosed = false

  constructor(options: RedisAdapterOptions) {
    this.#options = options
    if (!options.keeps) return
    this.claims = new RedisClaims(
      options.names,
      (head, command) => this.#links?.ask(head, command),
      () => this.#isClosed
    )
    this.history = new StreamHistory((channel) => this.#serverOf(channel))
  }

  async start(sink: ClusterSink): Promise<void> {
    if (this.#isClosed) throw new ClusterClosed()
    this.#sink = sink
    try {
      const links = await this.#connect()
      if (this.#isClosed) throw new ClusterClosed()
      this.#keeping = this.#keep(links)
    } catch (err) {
      this.#sink = undefined
      throw this.#isClosed ? new ClusterClosed() : unreachable(err)
    }
  }

  publish(channel: string, bytes: Uint8Array): boolean {
    return this.#links?.publish(channel, bytes) ?? false
  }

  subscribe(channels: readonly string[]): Promise<void> {
    const confirmed = this.#subscribe(channels)
    // Whoever asked hears when nobody confirms any more, and may listen later.
    confirmed.catch(() => {})
    return confirmed
  }

  unsubscribe(channels: readonly string[]): void {
    this.#links?.unsubscribe(channels)
  }

  async close(): Promise<void> {
    const links = this.#links
    this.#isClosed = true
    this.#sink = undefined
    this.#links = undefined
    const closed = new ClusterClosed()
    this.#attempt?.abort(closed)
    await links?.end(closed, endMs)
    await this.#keeping
  }

  #serverOf(channel: string): StreamServer {
    if (this.#links === undefined) throw new Error('it is away')
    return this.#links.serverOf(channel)
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return
    try {
      if (this.#links === undefined) throw new Error('it is away')
      await this.#links.subscribe(channels)
    } catch (err) {
      throw this.#isClosed ? new ClusterClosed() : unreachable(err)
    }
  }

  /** Connects after a while, in one attempt. */
  async #connect(waitMs = 0): Promise<Links> {
    const { topology, names, outboxBytes, connectTimeoutMs } = this.#options
    const attempt = new AbortController()
    this.#attempt = attempt
    // Each connection of a large Redis Cluster listens to it.
    setMaxListeners(0, attempt.signal)
    if (waitMs > 0) await pause(waitMs, undefined, { signal: attempt.signal })
    const late = setTimeout(() => {
      attempt.abort(new Error(`no answer within ${connectTimeoutMs} ms`))
    }, connectTimeoutMs)
    try {
      const deliver: ClusterSink['deliver'] = (channel, bytes) => this.#sink?.deliver(channel, bytes)
      const outbox = { maxBytes: outboxBytes, waitingBytes: 0 }
      const links = await Links.open(topology, attempt, { names, outbox, deliver })
      if (this.#isClosed) await links.end(new ClusterClosed(), 0)
      return links
    } finally {
      clearTimeout(late)
    }
  }

  /** Uses the links until they end, and then others in their place, until the adapter is closed. */
  async #keep(links: Links): Promise<void> {
    let current = links
    while (!this.#isClosed) {
      this.#links = current
      const since = performance.now()
      const problem = await current.ended
      if (this.#isClosed) return
      this.#links = undefined
      if (performance.now() - since >= steadyMs) this.#failures = 0
      this.#sink?.state('down', problem)
      await current.end(problem, drainMs)
      const next = await this.#connectAgain()
      if (next === undefined) return
      current = next
      this.#links = current
      this.#sink?.state('up')
    }
  }

  /** What goes wrong is tried again; undefined when the adapter is closed. */
  async #connectAgain(): Promise<Links | undefined> {
    let links: Links | undefined
    while (links === undefined && !this.#isClosed)
      links = await this.#connect(backOff(this.#failures++, reconnect)).catch(() => undefined)
    return this.#isClosed ? undefined : links
  }
}

function unreachable(err: unknown): Error {
  return new ClusterUnreachable('Redis', reasonOf(err), { cause: err })
}
