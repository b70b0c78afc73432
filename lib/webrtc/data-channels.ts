import type { Clock } from '../clock.js'
import type { Limits } from '../limits.js'
import type { Logger } from '../logger.js'
import type { UserBudget } from '../user-budgets.js'
import { maxLabelBytes, rpcLabel } from './events.js'
import type { PeerDataChannel } from './peer-factory.js'
import type { PeerStats } from './peer-stats.js'
import { type HookCalls, type RpcReceiver, RpcResponder } from './rpc.js'
import { jsonCodec } from './rpc-json.js'
import { protobufCodec, protobufProtocol } from './rpc-protobuf.js'

/** Gets what arrives on every label but `events`. */
export type DataHandler = (label: string, data: string | Buffer) => void | Promise<void>

export interface DataChannelsOptions {
  limits: Limits
  budget: UserBudget
  clock: Clock
  log: Logger
  stats: PeerStats
  hooks: HookCalls
  /** Bytes of the largest message that arrives whole. */
  maxMessageSize: number
  onData?: DataHandler | undefined
  onOpen(label: string): void
  onClosed(label: string): void
  /** The user sent more messages than they may. */
  onRateLimited(): void
  /** The client does not read what it is sent. */
  onQueueFull(): void
}

interface OpenDataChannel {
  channel: PeerDataChannel
  rpc: RpcReceiver | undefined
  isOpen: boolean
}

/** The DataChannels of one peer, all of them made by the client. */
export class DataChannels {
  readonly #options: DataChannelsOptions
  readonly #maxBytes: number
  /** Oldest first. */
  readonly #entries: OpenDataChannel[] = []
  #accepted = 0
  #closed = false

  constructor(options: DataChannelsOptions) {
    const { limits, maxMessageSize } = options
    this.#options = options
    // A message as long as the library can take may have been longer: it was cut.
    this.#maxBytes = Math.min(limits.dataChannelMessageBytes || maxMessageSize, maxMessageSize - 1)
  }

  /** Takes a channel that the client made, or closes it. */
  accept(channel: PeerDataChannel): void {
    const { stats } = this.#options
    if (!this.#isWelcome(channel)) {
      // Listening is what keeps the library from stalling on messages that nobody takes.
      channel.listen(deaf)
      channel.close()
      stats.drop('channel_refused')
      return
    }
    const entry: OpenDataChannel = { channel, rpc: undefined, isOpen: false }
    if (channel.label === rpcLabel) entry.rpc = this.#createRpc(entry)
    this.#entries.push(entry)
    channel.listen({
      onOpen: () => {
        if (this.#closed) return
        entry.isOpen = true
        this.#options.onOpen(channel.label)
      },
      onMessage: (data) => this.#receive(entry, data),
      onClosed: () => this.#remove(entry)
    })
  }

  /** The newest open channel of that label: a client that made a second one has given up the first. */
  find(label: string): PeerDataChannel | undefined {
    return this.#entries.findLast(({ channel, isOpen }) => isOpen && channel.label === label)?.channel
  }

  /** Sends what the application has for the client; dropped and counted where the client does not read. */
  send(channel: PeerDataChannel, data: string | Uint8Array): void {
    if (this.#isFull(sizeOf(data))) this.#options.stats.drop('queue_full')
    else this.#deliver(channel, data)
  }

  /** Forgets all channels and tells of those that were open. The peer is closed by its owner. */
  end(): void {
    this.#closed = true
    for (const { channel, isOpen } of this.#entries.splice(0)) {
      if (isOpen) this.#options.onClosed(channel.label)
    }
  }

  #isWelcome(channel: PeerDataChannel): boolean {
    if (this.#closed) return false
    const { limits, budget, clock } = this.#options
    const limit = limits.dataChannelsPerPeer
    // Opening and closing channels in turn costs more than messages do, so past the first few it counts as one.
    if (++this.#accepted > limit && !budget.dataChannelMessages.hit(clock.now())) {
      this.#options.onRateLimited()
      return false
    }
    if (limit !== 0 && this.#entries.length >= limit) return false
    return Buffer.byteLength(channel.label) <= maxLabelBytes
  }

  /** The client chose the format when it made the channel. */
  #createRpc(entry: OpenDataChannel): RpcReceiver {
    const { hooks, stats, log } = this.#options
    const { protocol, maxMessageSize } = entry.channel
    const send = (reply: string | Uint8Array): void => this.#reply(entry, reply)
    const options = { hooks, stats, log, maxReplyBytes: maxMessageSize, send }
    return protocol === protobufProtocol
      ? new RpcResponder({ ...options, codec: protobufCodec })
      : new RpcResponder({ ...options, codec: jsonCodec })
  }

  #receive(entry: OpenDataChannel, data: string | Buffer): void {
    if (this.#closed) return
    const { stats, budget, clock } = this.#options
    stats.messagesIn++
    if (!budget.dataChannelMessages.hit(clock.now())) {
      stats.drop('rate_limited')
      this.#options.onRateLimited()
      return
    }
    const bytes = sizeOf(data)
    if (bytes > this.#maxBytes) stats.drop('too_large')
    else if (entry.rpc !== undefined) entry.rpc.receive(data, bytes, 'datachannel')
    else this.#handData(entry.channel.label, data)
  }

  #handData(label: string, data: string | Buffer): void {
    const { onData, stats, log } = this.#options
    if (onData === undefined) stats.drop('unhandled')
    else deliverData(onData, label, data, log)
  }

  /** A reply cannot be left out without the caller waiting for ever, so a full queue ends the peer. */
  #reply(entry: OpenDataChannel, reply: string | Uint8Array): void {
    const { stats } = this.#options
    if (this.#closed || !this.#entries.includes(entry)) {
      stats.drop('not_sent')
    } else if (this.#isFull(sizeOf(reply))) {
      stats.drop('queue_full')
      this.#options.onQueueFull()
    } else {
      this.#deliver(entry.channel, reply)
    }
  }

  #deliver(channel: PeerDataChannel, data: string | Uint8Array): void {
    const { stats } = this.#options
    if (channel.send(data)) stats.messagesOut++
    else stats.drop('not_sent')
  }

  /** Whether `bytes` more would be too many behind those that wait; a single message always fits. */
  #isFull(bytes: number): boolean {
    const { queuedBytes } = this.#options.limits
    if (queuedBytes === 0) return false
    // All channels of a peer wait in one queue.
    let queued = 0
    for (const { channel } of this.#entries) queued += channel.bufferedAmount
    return queued > 0 && queued + bytes > queuedBytes
  }

  #remove(entry: OpenDataChannel): void {
    const index = this.#entries.indexOf(entry)
    if (index === -1) return
    this.#entries.splice(index, 1)
    if (entry.isOpen) this.#options.onClosed(entry.channel.label)
  }
}

/** Hands data to the application, whose errors are its own: they are logged and end nothing. */
export function deliverData(onData: DataHandler, label: string, data: string | Buffer, log: Logger): void {
  const failed = (err: unknown) => log.error({ err, label }, 'the handler of DataChannel data failed')
  try {
    const handled = onData(label, data)
    if (handled instanceof Promise) handled.catch(failed)
  } catch (err) {
    failed(err)
  }
}

function sizeOf(data: string | Uint8Array): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength
}

const nothing = () => {}
const deaf = { onOpen: nothing, onMessage: nothing, onClosed: nothing }
