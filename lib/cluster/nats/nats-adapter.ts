import { setTimeout as sleep } from 'node:timers/promises'
import type { Msg } from '@nats-io/transport-node'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import { oneLine } from '../../log/one-line.js'
import type { ClusterAdapter, ClusterSink } from '../adapter.js'
import { backOff } from '../back-off.js'
import { withFields } from '../kept-fields.js'
import { Channels } from './channels.js'
import { NatsClaims } from './claims.js'
import { Dial } from './dial.js'
import { JetStreams } from './jetstream.js'
import { keptHeader } from './kept-record.js'
import { NatsHistory } from './nats-history.js'
import type { NatsSettings } from './options.js'
import { Parts, partHeader } from './parts.js'
import { Session } from './session.js'
import { probeSubject, Subjects } from './subjects.js'

/** How long the last messages may take to be sent at the end. */
const endMs = 2000

/** How long one address may take to answer, before the next one is tried. */
const dialMs = 2000

/** Waits between attempts to reach a server that went away: it is used within a second of its return. */
const reconnect = { minMs: 25, maxMs: 800 }

/** A connection that ended sooner was none to build on: the next attempt waits longer. */
const steadyMs = 5000

/** What is counted of the way through NATS. */
export interface NatsStats {
  /** Messages over the server's `max_payload` that came without one of their parts, and were thrown away. */
  readonly incomplete: number
}

/** One node's way through NATS: a connection, and another one when that is lost. */
export class NatsAdapter implements ClusterAdapter {
  readonly claims: NatsClaims
  readonly history: NatsHistory
  readonly #settings: NatsSettings
  readonly #subjects: Subjects
  readonly #channels: Channels
  readonly #parts = new Parts()
  /** Further servers that the last one knew. */
  #others: readonly string[] = []
  #sink: ClusterSink | undefined
  #node = ''
  #dial: Dial | undefined
  #session: Session | undefined
  /** Connected, and subscribed to all that is wanted. */
  #isUp = false
  /** The first connection is told by `start`, and each further one as a return. */
  #hasStarted = false
  #isClosed = false
  #failures = 0
  #retry: NodeJS.Timeout | undefined

  constructor(settings: NatsSettings) {
    const { prefix, claimReplicas, historyReplicas, outboxBytes } = settings
    this.#settings = settings
    this.#subjects = new Subjects(prefix)
    const jetStreams = new JetStreams(() => {
      if (this.#isUp && this.#session !== undefined) return this.#session
      return this.#isClosed ? 'closed' : 'away'
    })
    this.claims = new NatsClaims(prefix, claimReplicas, jetStreams)
    this.history = new NatsHistory(jetStreams, { prefix, replicas: historyReplicas, outboxBytes })
    this.#channels = new Channels(prefix, (channel, msg) => this.#take(channel, msg))
  }

  get stats(): NatsStats {
    return { incomplete: this.#parts.incomplete }
  }

  async start(sink: ClusterSink, node = `${process.pid}`): Promise<void> {
    if (this.#isClosed) throw new ClusterClosed()
    this.#sink = sink
    this.#node = node
    const { connectTimeoutMs } = this.#settings
    const late = setTimeout(() => {
      this.#abandon(new Error(`no answer within ${connectTimeoutMs} ms`))
    }, connectTimeoutMs)
    try {
      await this.#connect()
    } catch (err) {
      if (this.#isClosed) throw new ClusterClosed()
      this.#sink = undefined
      throw new ClusterUnreachable('NATS', oneLine(err), { cause: err })
    } finally {
      clearTimeout(late)
    }
  }

  publish(channel: string, bytes: Uint8Array): boolean {
    const session = this.#session
    if (session === undefined || !this.#isUp || this.#isClosed) return false
    return session.publish(this.#subjects.of(channel), bytes)
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#channels.subscribe(channels)
  }

  unsubscribe(channels: readonly string[]): void {
    this.#channels.unsubscribe(channels)
  }

  async close(): Promise<void> {
    this.#sink = undefined
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#channels.close()
    this.#dial?.giveUp(new ClusterClosed())
    this.#parts.clear()
    const late = new AbortController()
    const lateness = sleep(endMs, undefined, { signal: late.signal }).catch(() => {})
    await Promise.race([this.history.close(), lateness])
    late.abort()
    this.#isUp = false
    await this.#session?.close(endMs)
  }

  async #connect(): Promise<void> {
    const { client, servers, prefix, outboxBytes, connectTimeoutMs } = this.#settings
    const others = client.ignoreClusterUpdates === true ? [] : this.#others
    const dial = new Dial({
      name: `fastify-phoenix ${this.#node}`,
      ...client,
      servers: [...new Set([...servers, ...others])],
      timeout: Math.min(dialMs, connectTimeoutMs),
      // A connection that was lost may be stuck, and the client waits for what is: there is a new one instead.
      reconnect: false,
      noEcho: false
    })
    this.#dial = dial
    const connection = await dial.connection
    this.#dial = undefined
    if (this.#isClosed) {
      await connection.close()
      throw new ClusterClosed()
    }
    const session = new Session(connection, {
      outboxBytes,
      lost: (problem) => this.#lost(session, problem),
      beat: () => {
        this.#parts.expire()
        this.#channels.beat()
      }
    })
    this.#session = session
    try {
      await session.hearItself(probeSubject(prefix, session.name))
      // It may have ended meanwhile.
      if (this.#session === session) await this.#channels.attach(session)
      if (session.isOver) await session.ended
    } catch (err) {
      session.fail(err as Error)
      throw err
    }
    this.#isUp = true
    // At once: a loss that follows is told after it.
    if (this.#hasStarted) this.#sink?.state('up')
    this.#hasStarted = true
  }

  /** Gives up what is under way to a connection. */
  #abandon(problem: Error): void {
    this.#dial?.giveUp(problem)
    this.#session?.fail(problem)
  }

  #lost(session: Session, problem: Error): void {
    const wasUp = this.#isUp
    this.#session = undefined
    this.#others = session.otherServers
    this.#isUp = false
    this.#parts.clear()
    this.#channels.detach(problem)
    if (session.ageMs > steadyMs) this.#failures = 0
    if (!wasUp) return
    this.#sink?.state('down', problem)
    this.#again()
  }

  #again(): void {
    if (this.#isClosed) return
    this.#retry = setTimeout(
      () => {
        this.#connect().catch(() => this.#again())
      },
      backOff(this.#failures++, reconnect)
    )
  }

  #take(channel: string, msg: Msg): void {
    const sink = this.#sink
    if (sink === undefined) return
    const bytes = this.#bytesOf(channel, msg)
    if (bytes !== undefined) sink.deliver(channel, bytes)
  }

  /** Undefined for what is no message, or not a whole one yet. */
  #bytesOf(channel: string, { data, headers }: Msg): Uint8Array | undefined {
    if (headers === undefined) return data
    const kept = headers.get(keptHeader)
    if (kept !== '') {
      const position = this.history.heard(channel, kept, headers.get('Nats-Sequence'))
      return position === undefined ? undefined : withFields(data, { position })
    }
    const part = headers.get(partHeader)
    return part === '' ? data : this.#parts.take(channel, part, data)
  }
}
