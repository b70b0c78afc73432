import { ClusterClosed } from '../errors.js'
import type { ClaimStore, ClusterAdapter, ClusterSink } from './adapter.js'
import { ClaimTable } from './claim-table.js'
import { notDone } from './not-done.js'

/** What an adapter has asked for, and the engine has not done yet. */
interface Command {
  readonly bytes: number
  run(): void
  /** The engine has gone, or the adapter has. */
  fail(): void
}

const none = (): void => {}

export interface MemoryEngineOptions {
  /** Bytes that may wait in each adapter; `publish` answers false over it. Default 16 MiB. */
  outboxBytes?: number
}

/**
 * An engine within one process, for tests: nodes made of its adapters are a cluster. Like others it delivers later,
 * to each node on its own, in the order in which a publisher published. It fails when it is told to.
 */
export class MemoryEngine {
  readonly outboxBytes: number
  readonly claims = new ClaimTable()
  readonly #adapters = new Set<MemoryAdapter>()
  readonly #members = new Map<string, Set<MemoryAdapter>>()
  #state: 'up' | 'frozen' | 'down' = 'up'

  constructor({ outboxBytes = 16 * 1024 * 1024 }: MemoryEngineOptions = {}) {
    this.outboxBytes = outboxBytes
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  get isDown(): boolean {
    return this.#state === 'down'
  }

  /** One more node's way to this engine. */
  adapter(): ClusterAdapter {
    return new MemoryAdapter(this)
  }

  /** The engine is gone, with all that it knew and had not done: each adapter is told. */
  kill(): void {
    if (this.#state === 'down') return
    this.#state = 'down'
    this.#members.clear()
    this.claims.clear()
    for (const adapter of this.#adapters) adapter.lost()
  }

  /** The engine stands still: nobody is told, and all that it is asked for waits. */
  freeze(): void {
    if (this.#state === 'up') this.#state = 'frozen'
  }

  /** A frozen engine goes on where it stopped; a new one takes the place of a dead one, and knows nothing. */
  restore(): void {
    const wasDown = this.#state === 'down'
    this.#state = 'up'
    for (const adapter of this.#adapters) {
      if (wasDown) adapter.found()
      adapter.schedule()
    }
  }

  /** Nothing is delivered to this adapter until it subscribes anew, and nobody is told. */
  deafen(adapter: ClusterAdapter): void {
    for (const members of this.#members.values()) members.delete(adapter as MemoryAdapter)
  }

  connect(adapter: MemoryAdapter): void {
    this.#adapters.add(adapter)
  }

  disconnect(adapter: MemoryAdapter): void {
    this.#adapters.delete(adapter)
    this.deafen(adapter)
  }

  add(channel: string, adapter: MemoryAdapter): void {
    const members = this.#members.get(channel)
    if (members === undefined) this.#members.set(channel, new Set([adapter]))
    else members.add(adapter)
  }

  delete(channel: string, adapter: MemoryAdapter): void {
    const members = this.#members.get(channel)
    if (members?.delete(adapter) && members.size === 0) this.#members.delete(channel)
  }

  relay(channel: string, bytes: Uint8Array): void {
    for (const member of this.#members.get(channel) ?? []) member.deliver(channel, Buffer.from(bytes))
  }
}

/** The way of one node to a {@link MemoryEngine}. */
class MemoryAdapter implements ClusterAdapter {
  readonly claims: ClaimStore = {
    claim: (...args) => this.#ask(() => this.#engine.claims.claim(...args)),
    settle: (...args) => this.#ask(() => this.#engine.claims.settle(...args)),
    release: (...args) => this.#ask(() => this.#engine.claims.release(...args))
  }
  readonly #engine: MemoryEngine
  #sink: ClusterSink | undefined
  #commands: Command[] = []
  #waitingBytes = 0
  #isScheduled = false
  #isClosed = false

  constructor(engine: MemoryEngine) {
    this.#engine = engine
  }

  async start(sink: ClusterSink): Promise<void> {
    if (this.#engine.isDown) throw new Error('the engine is away')
    if (this.#isClosed) throw new Error('the adapter is closed')
    this.#sink = sink
    this.#engine.connect(this)
    await this.#ask(none)
  }

  publish(channel: string, bytes: Uint8Array): boolean {
    if (!this.#isConnected) return false
    const isFull = this.#waitingBytes + bytes.length > this.#engine.outboxBytes
    if (isFull && this.#waitingBytes > 0) return false
    const run = (): void => this.#engine.relay(channel, bytes)
    this.#push({ bytes: bytes.length, run, fail: none })
    return true
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    const asked = [...channels]
    await this.#ask(() => {
      for (const channel of asked) this.#engine.add(channel, this)
    })
  }

  unsubscribe(channels: readonly string[]): void {
    if (!this.#isConnected) return
    const asked = [...channels]
    const run = (): void => {
      for (const channel of asked) this.#engine.delete(channel, this)
    }
    this.#push({ bytes: 0, run, fail: none })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sink = undefined
    if (this.#engine.isUp) this.#work()
    this.#failAll()
    this.#engine.disconnect(this)
  }

  deliver(channel: string, bytes: Uint8Array): void {
    this.#sink?.deliver(channel, bytes)
  }

  lost(): void {
    this.#failAll()
    this.#sink?.state('down')
  }

  found(): void {
    this.#sink?.state('up')
  }

  /** Has the engine do what waits, in a turn of the event loop of its own. */
  schedule(): void {
    if (this.#isScheduled || this.#commands.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (this.#engine.isUp) this.#work()
    })
  }

  get #isConnected(): boolean {
    return this.#sink !== undefined && !this.#engine.isDown
  }

  /** Resolves when the engine has done it. */
  async #ask<Value>(run: () => Value): Promise<Value> {
    if (this.#isClosed) throw new ClusterClosed()
    if (!this.#isConnected) throw notDone(new Error('the engine is away'), 'not_sent')
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error('the engine has gone'))
      this.#push({ bytes: 0, run: () => resolve(run()), fail })
    })
  }

  #push(command: Command): void {
    this.#commands.push(command)
    this.#waitingBytes += command.bytes
    this.schedule()
  }

  #work(): void {
    for (const { run } of this.#take()) run()
  }

  #failAll(): void {
    for (const { fail } of this.#take()) fail()
  }

  #take(): Command[] {
    const commands = this.#commands
    this.#commands = []
    this.#waitingBytes = 0
    return commands
  }
}
