import type { DataChannelEvents, PeerDataChannel } from '../peers/peer-factory.js'
import type { Logger } from '../util/logger.js'
import { guard, type NativeChannel } from './native-library.js'
import type { OrphanedChannels } from './orphaned-channels.js'

/** What the DataChannels of one factory share. */
export interface ChannelContext {
  readonly log: Logger
  /**
   * Every wrapper that native code may still call back. Native callbacks point into the wrapper,
   * so it must outlive them: it leaves the set with its last callback, not with `close()`.
   */
  readonly handles: Set<object>
  readonly orphans: OrphanedChannels
}

/** A DataChannel of node-datachannel. */
export class NativeDataChannel implements PeerDataChannel {
  readonly label: string
  readonly protocol: string
  readonly maxMessageSize: number
  readonly #context: ChannelContext
  /** Undefined once it has closed: the callbacks, which the library keeps, would keep it from being collected. */
  #native: NativeChannel | undefined
  #events: DataChannelEvents | undefined
  /** Whether anything may be waiting in the library. */
  #isBehind = false

  /**
   * Must be called, and `listen` with it, from within the callback that brought `native`: messages
   * that nobody takes block the library's threads, and with them all peers.
   */
  constructor(native: NativeChannel, context: ChannelContext) {
    const { log, handles, orphans } = context
    this.#context = context
    this.#native = native
    this.label = native.getLabel()
    this.protocol = native.getProtocol()
    this.maxMessageSize = native.maxMessageSize()
    handles.add(native)
    // First: the library calls back in this order, and drops the messages that wait when it tells of the end.
    native.onMessage(guard(log, (data) => this.#receive(data)))
    native.onClosed(guard(log, () => this.#end()))
    // It was open when the library handed it over. Whether the client closed it before somebody listened
    // to that, or while, is not to be known.
    if (!native.isOpen()) {
      this.#end()
      orphans.adopt(native)
    }
  }

  /** Asks the library only while a message may be waiting: this is read for each message that is sent. */
  get bufferedAmount(): number {
    if (!this.#isBehind || this.#native === undefined) return 0
    const amount = this.#native.bufferedAmount()
    this.#isBehind = amount > 0
    return amount
  }

  listen(events: DataChannelEvents): void {
    if (this.#native === undefined) {
      events.onClosed()
      return
    }
    this.#events = events
    events.onOpen()
  }

  send(data: string | Uint8Array): boolean {
    const native = this.#native
    if (native === undefined) return false
    try {
      // These return whether the message went past the queue, which it does only where nothing waits.
      const isPast = typeof data === 'string' ? native.sendMessage(data) : native.sendMessageBinary(data)
      if (!isPast) this.#isBehind = true
      return true
    } catch (err) {
      this.#context.log.debug({ err, label: this.label }, 'the library does not take a message')
      return false
    }
  }

  /**
   * Leaves alone what the client is closing on a thread of the library: closing it from here at the same
   * time loses the callback that frees it, and with that the process could not end.
   */
  close(): void {
    guard(this.#context.log, () => {
      if (this.#native?.isOpen()) this.#native.close()
    })()
  }

  #receive(data: string | Buffer | ArrayBuffer): void {
    if (this.#native !== undefined) this.#events?.onMessage(typeof data === 'string' ? data : toBuffer(data))
  }

  #end(): void {
    if (this.#native === undefined) return
    this.#context.handles.delete(this.#native)
    this.#native = undefined
    this.#events?.onClosed()
  }
}

function toBuffer(data: Buffer | ArrayBuffer): Buffer {
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}
