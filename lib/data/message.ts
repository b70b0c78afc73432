// The room of data for DataChannels: one message, the way to its receivers, and what waits for slow ones.
import { InvalidData, InvalidOption } from '../errors.js'
import type { Broadcast } from '../protocol/message.js'
import { peerEvents } from '../protocol/peer-events.js'
import { JsonText, stringify } from '../protocol/serializer/json.js'
import { sizeOf } from '../util/size-of.js'

/** How data is sent over DataChannels. */
export interface SendDataOptions {
  /**
   * Marks state that is worth nothing once there is newer: while a client is congested, only the
   * newest message of this name and label is kept for it, and the older ones are dropped and counted.
   * It is sent once the client has caught up. Default: every message is sent.
   */
  dropStale?: string | undefined
  /**
   * What happens to a message for a client that does not keep up. True drops it where it would make more
   * than `limits.queuedBytes` wait, beside what was sent in the same turn of the event loop. False ends
   * the client's peer where it takes nothing for `limits.queueStallMs` or `limits.queuedBytesMax` wait,
   * so that nothing is ever missing in what it gets. Both are counted. Default true.
   */
  droppable?: boolean | undefined
  /**
   * Where a message goes whose client has no open DataChannel of the label, or takes none of its size on
   * it: `channel` pushes it as `webrtc:data` over the socket, `none` drops it. Default `channel`.
   */
  fallback?: 'channel' | 'none' | undefined
}

/** Takes data to the DataChannels of one client. */
export interface DataSink {
  deliver(message: DataMessage): void
}

/** A client that data may be sent to: the socket of a channel is one. */
export interface DataReceiver {
  /** What the `id` option made of the assigns; null when the socket has none. */
  readonly id: string | null
  /**
   * Where data for this client's DataChannels goes: the user channel that was joined over this socket.
   * Undefined while there is none.
   *
   * @internal
   */
  dataSink: DataSink | undefined
}

/** As {@link SendDataOptions}, for all members of a topic. */
export interface BroadcastDataOptions extends SendDataOptions {
  /** A socket whose client gets nothing: that of the one who caused the message. */
  except?: DataReceiver | undefined
}

/** What became of a message, counted by receiver: each socket is one, so that a user may be several. */
export interface SendDataResult {
  /** Handed to an open DataChannel. */
  sent: number
  /** State that waits until its client has caught up, see {@link SendDataOptions.dropStale}. */
  held: number
  /** Pushed as `webrtc:data`, as no DataChannel of the label was open, or took it. */
  pushed: number
  /** Reached nobody: the client does not read, or has no open DataChannel and was to get no push. */
  dropped: number
}

/** `webrtc:data` as JSON; bytes are in base64. */
interface DataPayload {
  channel: string
  data: string
  encoding?: 'base64'
}

/**
 * One message for the DataChannels of any number of clients. Whatever it is turned into is made at
 * most once, and shared by all receivers. It travels as the payload of a broadcast, so that it reaches
 * what the topic reaches: label, data and options are all that another node would need of it.
 */
export class DataMessage {
  readonly label: string
  /** Bytes are the sender's own: they must not be used later than now, see {@link keep}. */
  readonly data: string | Uint8Array
  /** Size of the data, in bytes. */
  readonly bytes: number
  readonly dropStale: string | undefined
  readonly droppable: boolean
  readonly hasFallback: boolean
  readonly except: DataReceiver | undefined
  readonly result: SendDataResult = { sent: 0, held: 0, pushed: 0, dropped: 0 }
  #kept: string | Uint8Array | undefined
  #json: JsonText | undefined

  /** Throws `PHX_ERR_WEBRTC_INVALID_DATA` for what is neither text nor bytes, and `PHX_ERR_OPTION_INVALID`. */
  constructor(label: string, data: string | Uint8Array, options: BroadcastDataOptions = {}) {
    const { dropStale, droppable = true, fallback = 'channel', except } = options
    if (typeof label !== 'string') throw new InvalidData('the label must be a string')
    if (fallback !== 'channel' && fallback !== 'none') {
      throw new InvalidOption('fallback', "must be 'channel' or 'none'")
    }
    if (dropStale !== undefined && typeof dropStale !== 'string') {
      throw new InvalidOption('dropStale', 'must be a string')
    }
    if (typeof droppable !== 'boolean') throw new InvalidOption('droppable', 'must be a boolean')
    this.label = label
    this.data = data
    this.bytes = checkedSizeOf(data)
    this.dropStale = dropStale
    this.droppable = droppable
    this.hasFallback = fallback === 'channel'
    this.except = except
  }

  /** The name of this kind of state among all that is pushed on a topic. */
  get staleName(): string | undefined {
    return this.dropStale === undefined
      ? undefined
      : `${peerEvents.data}\n${this.label.length}:${this.label}${this.dropStale}`
  }

  /** The payload of `webrtc:data`. */
  get json(): JsonText {
    if (this.#json === undefined) {
      const payload = this.toJSON()
      this.#json = new JsonText(stringify(payload), payload)
    }
    return this.#json
  }

  /** The data for later. Bytes are copied, once for all, as a sender may use its buffer again. */
  keep(): string | Uint8Array {
    this.#kept ??= typeof this.data === 'string' ? this.data : Buffer.from(this.data)
    return this.#kept
  }

  toJSON(): DataPayload {
    const { label, data } = this
    if (typeof data === 'string') return { channel: label, data }
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
    return { channel: label, data: base64, encoding: 'base64' }
  }
}

function checkedSizeOf(data: unknown): number {
  if (typeof data === 'string' || data instanceof Uint8Array) return sizeOf(data)
  throw new InvalidData('the data must be a string or a Uint8Array')
}

/** What a broadcast carries where it is no event but data for DataChannels. */
export function dataOf({ payload }: Broadcast): DataMessage | undefined {
  return payload instanceof DataMessage ? payload : undefined
}
