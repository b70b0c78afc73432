import { ClusterClosed, ClusterUnreachable, HubMissing } from '../../errors.js'
import { oneLine } from '../../log/one-line.js'
import type { ClusterAdapter, ClusterSink } from '../adapter.js'
import { backOff } from '../back-off.js'
import {
  encodeFrame,
  FrameKind,
  FrameParts,
  framesVersion,
  maxFrameBytes,
  messageHead,
  messageSize
} from './frames.js'
import { HubClaims } from './hub-claims.js'
import { HubLink } from './hub-link.js'
import { maxChannels, SubscriptionBatches } from './subscription-batches.js'

/** How a worker uses the hub. */
export interface WorkersOptions {
  /** Where the hub is. Default: what the environment says, which the primary forks its workers with. */
  address?: string
  /** Bytes that may wait to be sent; `publish` answers false over it. Default: 16 MiB. */
  outboxBytes?: number
}

/** How long the last messages may take to be sent at the end. */
const endMs = 2000

/** Waits between attempts to reach a hub that went away: it is used within a second of its return. */
const reconnect = { minMs: 25, maxMs: 800 }

/** What joins the workers of one machine: the connection of one of them to the hub in the primary. */
export class WorkerAdapter implements ClusterAdapter {
  readonly #address: string | undefined
  readonly #outboxBytes: number
  readonly #subscriptions = new SubscriptionBatches()
  readonly claims = new HubClaims((frame) => this.#sendQuestion(frame))
  #sink: ClusterSink | undefined
  #node = ''
  #link: HubLink | undefined
  #connected = false
  /** Connected, and subscribed to all that is wanted. */
  #up = false
  /** The number whose confirmation says that all is subscribed anew. */
  #returning = 0
  #asking = false
  #failures = 0
  #retry: NodeJS.Timeout | undefined
  /** What `start` waits for. */
  #starting: { resolve(): void; reject(err: Error): void } | undefined

  constructor({ address, outboxBytes = 16 * 1024 * 1024 }: WorkersOptions) {
    this.#address = address
    this.#outboxBytes = outboxBytes
  }

  async start(sink: ClusterSink, node = `${process.pid}`): Promise<void> {
    const address = this.#address
    if (address === undefined) throw new HubMissing()
    this.#sink = sink
    this.#node = node
    await new Promise<void>((resolve, reject) => {
      this.#starting = { resolve, reject }
      this.#connect(address)
    })
  }

  publish(channel: string, bytes: Uint8Array): boolean {
    const link = this.#link
    if (link === undefined || !this.#up) return false
    const size = messageSize(channel, bytes)
    if (size > maxFrameBytes || link.waitingBytes + size > this.#outboxBytes) return false
    link.send(messageHead(channel, bytes), bytes)
    return true
  }

  subscribe(channels: readonly string[]): Promise<void> {
    const confirmed = this.#subscriptions.add(channels)
    if (this.#subscriptions.isOpen && !this.#asking) {
      this.#asking = true
      // All that is asked for in this turn goes together.
      queueMicrotask(() => this.#ask())
    }
    // Whoever asked hears when nobody confirms any more, and may listen later.
    confirmed.catch(() => {})
    return confirmed
  }

  unsubscribe(channels: readonly string[]): void {
    // What is asked for and waits goes first.
    this.#ask()
    const wanted = this.#subscriptions.remove(channels)
    if (!this.#connected) return
    for (let at = 0; at < wanted.length; at += maxChannels)
      this.#link?.send(encodeFrame(FrameKind.unsubscribe, wanted.slice(at, at + maxChannels)))
  }

  async close(): Promise<void> {
    this.#sink = undefined
    this.#up = false
    clearTimeout(this.#retry)
    this.#subscriptions.close()
    this.claims.close()
    this.#starting?.reject(new ClusterClosed())
    await this.#link?.end(endMs)
  }

  #connect(address: string): void {
    this.#link = new HubLink(address, {
      connected: () => this.#greet(),
      frame: (frame) => this.#take(frame),
      closed: (problem) => this.#lost(address, problem)
    })
  }

  #sendQuestion(frame: Buffer): boolean {
    const link = this.#link
    if (link === undefined || !this.#up || link.waitingBytes + frame.length > this.#outboxBytes) return false
    link.send(frame)
    return true
  }

  #greet(): void {
    this.#connected = true
    this.#link?.send(encodeFrame(FrameKind.hello, [framesVersion, this.#node]))
    for (const batch of this.#subscriptions.again()) {
      this.#returning = batch.number
      this.#subscribeTo(batch)
    }
  }

  #ask(): void {
    this.#asking = false
    // Without a connection all is asked for when there is one.
    if (this.#connected) for (const batch of this.#subscriptions.take()) this.#subscribeTo(batch)
  }

  #subscribeTo({ number, channels }: { number: number; channels: string[] }): void {
    this.#link?.send(encodeFrame(FrameKind.subscribe, [number, ...channels]))
  }

  #take(frame: Buffer): void {
    const parts = new FrameParts(frame)
    if (parts.kind === FrameKind.message) this.#sink?.deliver(parts.text(), parts.rest())
    else if (parts.kind === FrameKind.claimed) this.claims.answered(parts)
    else if (parts.kind === FrameKind.gone) this.#sink?.gone?.(parts.text())
    else if (parts.kind === FrameKind.confirmed) this.#confirmed(parts.number())
  }

  #confirmed(number: number): void {
    this.#subscriptions.confirm(number)
    if (number !== this.#returning || this.#sink === undefined) return
    this.#returning = 0
    this.#failures = 0
    this.#up = true
    if (this.#starting === undefined) return this.#sink.state('up')
    this.#starting.resolve()
    this.#starting = undefined
  }

  #lost(address: string, problem: Error | undefined): void {
    const wasUp = this.#up
    this.#link = undefined
    this.#connected = false
    this.#up = false
    this.claims.lost()
    if (this.#sink === undefined) return
    if (this.#starting !== undefined) {
      const reason = problem === undefined ? 'it has ended the connection' : oneLine(problem)
      this.#sink = undefined
      this.#starting.reject(new ClusterUnreachable('the hub of the workers', reason, { cause: problem }))
      return
    }
    if (wasUp) this.#sink.state('down', problem)
    this.#retry = setTimeout(() => this.#connect(address), backOff(this.#failures++, reconnect))
  }
}
