import { HeldData } from '../data/held.js'
import type { DataMessage } from '../data/message.js'
import type { Limits } from '../limits/limits.js'
import type { Turns } from '../limits/turns.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { PeerDataChannel } from '../peers/peer-factory.js'
import type { DataChannelReport } from '../peers/peer-report.js'
import type { PeerCounters } from '../peers/peer-stats.js'
import { maxLabelBytes, rpcLabel } from '../protocol/peer-events.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { sizeOf } from '../util/size-of.js'
import { type DataHandler, deliverData } from './data-handler.js'
import { PeerQueue } from './peer-queue.js'
import { type RpcBacklog, type RpcReceiver, RpcResponder } from './rpc.js'
import type { BranchingHookCalls, HookBranch } from './rpc-codec.js'
import { jsonCodec } from './rpc-json.js'
import { protobufCodec, protobufProtocol } from './rpc-protobuf.js'

export interface DataChannelsOptions {
  limits: Limits
  budget: UserBudget
  clock: Clock
  turns: Turns
  log: Logger
  stats: PeerCounters
  hooks: BranchingHookCalls | undefined
  /** Where answers count that wait for earlier ones. */
  backlog?: RpcBacklog | undefined
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

/** Milliseconds between two looks whether a congested client has caught up. */
const catchUpMs = 50

interface OpenDataChannel {
  channel: PeerDataChannel
  rpc: RpcReceiver | undefined
  /** The calls that came over it: their caller is gone when it closes. */
  calls: HookBranch | undefined
  isOpen: boolean
}

/** The DataChannels of one peer, all of them made by the client. */
export class DataChannels {
  readonly #options: DataChannelsOptions
  readonly #maxBytes: number
  readonly #queue: PeerQueue
  /** Oldest first. */
  readonly #entries: OpenDataChannel[] = []
  #accepted = 0
  #closed = false
  #held: HeldData | undefined
  #catchUp: Timer | undefined

  constructor(options: DataChannelsOptions) {
    const { limits, maxMessageSize } = options
    this.#options = options
    this.#queue = new PeerQueue(limits, options.clock, options.turns)
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
    const entry: OpenDataChannel = { channel, rpc: undefined, calls: undefined, isOpen: false }
    const { hooks } = this.#options
    if (channel.label === rpcLabel && hooks !== undefined) {
      entry.calls = hooks.branch()
      entry.rpc = this.#createRpc(entry, entry.calls)
    }
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

  /** What there is of each open channel, oldest first. */
  report(): DataChannelReport[] {
    return this.#entries
      .filter(({ isOpen }) => isOpen)
      .map(({ channel: { label, protocol, bufferedAmount } }) => ({ label, protocol, bufferedAmount }))
  }

  /** The newest open channel of that label: a client that made a second one has given up the first. */
  find(label: string): PeerDataChannel | undefined {
    // A loop, since every message to every client comes this way.
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const { channel, isOpen } = this.#entries[i] as OpenDataChannel
      if (isOpen && channel.label === label) return channel
    }
    return undefined
  }

  /**
   * Sends what the application has for the client. Returns undefined where no channel of its label is
   * open, or takes a message of its size, and it may go another way.
   */
  send(message: DataMessage): 'sent' | 'held' | 'dropped' | undefined {
    const open = this.find(message.label)
    const isTooLarge = open !== undefined && message.bytes > open.maxMessageSize
    const channel = isTooLarge ? undefined : open
    const queued = this.#look()
    if (message.dropStale !== undefined) {
      if (channel !== undefined && queued > 0) return this.#hold(message, queued)
      // Whichever way this one goes, nothing older may come behind it.
      if (this.#held?.discard(message)) this.#options.stats.drop('stale')
    }
    if (channel === undefined) {
      if (!isTooLarge || message.hasFallback) return undefined
      this.#options.stats.drop('too_large')
      return 'dropped'
    }
    if (this.#isTooMuch(message, queued, message.bytes)) return this.#refuse(message)
    return this.#deliver(channel, message.data, message.bytes) ? 'sent' : 'dropped'
  }

  /** Forgets all channels and tells of those that were open. The peer is closed by its owner. */
  end(): void {
    this.#closed = true
    this.#dropHeld()
    for (const { channel, rpc, calls, isOpen } of this.#entries.splice(0)) {
      calls?.end()
      rpc?.end()
      if (isOpen) this.#options.onClosed(channel.label)
    }
  }

  #isWelcome(channel: PeerDataChannel): boolean {
    if (this.#closed) return false
    const { limits, budget, clock } = this.#options
    const limit = limits.dataChannelsPerPeer
    // Opening and closing channels in turn costs more than messages do, so past the first few it counts as one.
    if (++this.#accepted > limit && !budget.hit('dataChannelMessages', clock.now())) {
      this.#options.onRateLimited()
      return false
    }
    if (limit !== 0 && this.#entries.length >= limit) return false
    return Buffer.byteLength(channel.label) <= maxLabelBytes
  }

  /** The client chose the format when it made the channel. */
  #createRpc(entry: OpenDataChannel, hooks: HookBranch): RpcReceiver {
    const { stats, log, backlog } = this.#options
    const { protocol, maxMessageSize } = entry.channel
    const send = (reply: string | Uint8Array): void => this.#reply(entry, reply)
    const options = { hooks, stats, log, backlog, maxReplyBytes: maxMessageSize, send }
    return protocol === protobufProtocol
      ? new RpcResponder({ ...options, codec: protobufCodec })
      : new RpcResponder({ ...options, codec: jsonCodec })
  }

  #receive(entry: OpenDataChannel, data: string | Buffer): void {
    if (this.#closed) return
    const { stats, budget, clock, onData, log } = this.#options
    const bytes = sizeOf(data)
    stats.received(bytes)
    if (!budget.hit('dataChannelMessages', clock.now())) {
      stats.drop('rate_limited')
      this.#options.onRateLimited()
      return
    }
    if (bytes > this.#maxBytes) stats.drop('too_large')
    else if (entry.rpc !== undefined) entry.rpc.receive(data, bytes, 'datachannel')
    else if (onData === undefined) stats.drop('unhandled')
    else deliverData(onData, entry.channel.label, data, log)
  }

  /** A reply cannot be left out without the caller waiting for ever, so a full queue ends the peer. */
  #reply(entry: OpenDataChannel, reply: string | Uint8Array): void {
    const { stats } = this.#options
    if (this.#closed || !this.#entries.includes(entry)) {
      stats.drop('not_sent')
      return
    }
    this.#look()
    if (this.#isStuck) this.#refuse({ droppable: false })
    else this.#deliver(entry.channel, reply)
  }

  #deliver(channel: PeerDataChannel, data: string | Uint8Array, bytes = sizeOf(data)): boolean {
    const { stats } = this.#options
    const isSent = channel.send(data)
    if (isSent) stats.sent(bytes)
    else stats.drop('not_sent')
    if (!isSent || channel.bufferedAmount === 0) return isSent
    this.#queue.sent(bytes)
    if (this.#queue.isBehind(this.#queued())) this.#lookLater()
    return true
  }

  /** Bytes that wait in the library: all channels of a peer wait in one queue. */
  #queued(): number {
    let queued = 0
    for (const { channel } of this.#entries) queued += channel.bufferedAmount
    return queued
  }

  /** What waits now, before something is sent. */
  #look(): number {
    const queued = this.#queued()
    this.#queue.look(queued)
    return queued
  }

  get #isStuck(): boolean {
    return this.#queue.isStuck(this.#held?.bytes ?? 0)
  }

  #isTooMuch({ droppable }: DataMessage, queued: number, bytes: number): boolean {
    return droppable ? this.#queue.isFull(queued, this.#held?.bytes ?? 0, bytes) : this.#isStuck
  }

  #refuse({ droppable }: Pick<DataMessage, 'droppable'>): 'dropped' {
    this.#options.stats.drop('queue_full')
    if (!droppable) this.#options.onQueueFull()
    return 'dropped'
  }

  #hold(message: DataMessage, queued: number): 'held' | 'dropped' {
    this.#held ??= new HeldData()
    if (this.#isTooMuch(message, queued, this.#held.growth(message))) return this.#refuse(message)
    if (this.#held.hold(message)) this.#options.stats.drop('stale')
    this.#lookLater()
    return 'held'
  }

  /**
   * A look now and then instead of the library's `onBufferedAmountLow`, which cannot be taken back once
   * it is registered. Behind the queue there is the send buffer of SCTP, so that the link has enough to
   * do until the next look.
   */
  #lookLater(): void {
    this.#catchUp ??= this.#options.clock.setTimeout(() => this.#lookAgain(), catchUpMs)
  }

  /** Also where nothing is sent any more, what waits for a client that takes none of it is given up. */
  #lookAgain(): void {
    this.#catchUp = undefined
    this.#sendHeld()
    const queued = this.#look()
    if (this.#isStuck) this.#refuse({ droppable: false })
    else if (this.#queue.isBehind(queued) || (this.#held !== undefined && this.#held.size > 0))
      this.#lookLater()
  }

  #sendHeld(): void {
    while (this.#queued() === 0) {
      const held = this.#held?.shift()
      if (held === undefined) return
      const channel = this.find(held.label)
      if (channel === undefined) this.#options.stats.drop('not_sent')
      else this.#deliver(channel, held.data)
    }
  }

  #dropHeld(): void {
    const { stats, clock } = this.#options
    if (this.#catchUp !== undefined) clock.clearTimeout(this.#catchUp)
    this.#catchUp = undefined
    while (this.#held?.shift() !== undefined) stats.drop('not_sent')
  }

  #remove(entry: OpenDataChannel): void {
    const index = this.#entries.indexOf(entry)
    if (index === -1) return
    this.#entries.splice(index, 1)
    entry.calls?.end()
    entry.rpc?.end()
    if (entry.isOpen) this.#options.onClosed(entry.channel.label)
    else this.#options.stats.drop('channel_lost')
  }
}

const nothing = () => {}
const deaf = { onOpen: nothing, onMessage: nothing, onClosed: nothing }
