import type { Logger } from '../logger.js'
import { guard, type NativeChannel } from './native-library.js'
import type { DataChannelEvents, PeerDataChannel } from './peer-factory.js'

/** A DataChannel of node-datachannel. */
export class NativeDataChannel implements PeerDataChannel {
  readonly label: string
  readonly protocol: string
  readonly maxMessageSize: number
  readonly #native: NativeChannel
  readonly #log: Logger
  #events: DataChannelEvents | undefined
  #closed = false
  /** Whether anything may be waiting in the library. */
  #isBehind = false

  /**
   * Must be called, and `listen` with it, from within the callback that brought `native`: messages
   * that nobody takes block the library's threads, and with them all peers.
   */
  constructor(native: NativeChannel, log: Logger, handles: Set<object>) {
    this.#native = native
    this.#log = log
    this.label = native.getLabel()
    this.protocol = native.getProtocol()
    this.maxMessageSize = native.maxMessageSize()
    // The client has closed it already, which the library tells nobody who listens from now on. Only the
    // garbage collector frees it then, and what it is told to call back would keep it from that.
    if (!native.isOpen()) {
      this.#closed = true
      return
    }
    handles.add(native)
    // First: the library calls back in this order, and drops the messages that wait when it tells of the end.
    native.onMessage(
      guard(log, (data) => {
        if (!this.#closed) this.#events?.onMessage(typeof data === 'string' ? data : toBuffer(data))
      })
    )
    native.onClosed(
      guard(log, () => {
        handles.delete(native)
        this.#end()
      })
    )
  }

  /** Asks the library only while a message may be waiting: this is read for each message that is sent. */
  get bufferedAmount(): number {
    if (!this.#isBehind || this.#closed) return 0
    const amount = this.#native.bufferedAmount()
    this.#isBehind = amount > 0
    return amount
  }

  listen(events: DataChannelEvents): void {
    if (this.#closed) {
      events.onClosed()
      return
    }
    this.#events = events
    // A channel of the client is open when it gets here, or it was closed meanwhile.
    if (this.#native.isOpen()) events.onOpen()
    else this.#end()
  }

  send(data: string | Uint8Array): boolean {
    if (this.#closed) return false
    try {
      // These return whether the message went past the queue, which it does only where nothing waits.
      const isPast =
        typeof data === 'string' ? this.#native.sendMessage(data) : this.#native.sendMessageBinary(data)
      if (!isPast) this.#isBehind = true
      return true
    } catch (err) {
      this.#log.debug({ err, label: this.label }, 'the library does not take a message')
      return false
    }
  }

  /**
   * Leaves alone what the client is closing on a thread of the library: closing it from here at the same
   * time loses the callback that frees it, and with that the process could not end.
   */
  close(): void {
    guard(this.#log, () => {
      if (this.#native.isOpen()) this.#native.close()
    })()
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#events?.onClosed()
  }
}

function toBuffer(data: Buffer | ArrayBuffer): Buffer {
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}
