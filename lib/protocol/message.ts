// The room of the wire: messages, topics, names of events and codes, and the frames that they travel in.
import { DecodeFailed } from '../errors.js'
import { disown } from '../util/describe.js'
import { isThenable } from '../util/thenable.js'

/** What a client may put where Phoenix expects a ref, a topic or an event. */
export type Scalar = string | number | boolean | null

/** A ref or join_ref: text from phoenix.js, but any scalar is echoed as it came. */
export type Ref = Scalar

/** One message of a client, or one push to it (Phoenix.Socket.Message). Binary payloads are a `Uint8Array`. */
export interface Message {
  /** The ref of the join that it belongs to; null where it belongs to none. */
  joinRef: Ref
  /** What a reply is recognised by; null where none is waited for. */
  ref: Ref
  topic: Scalar
  event: Scalar
  /** Any JSON value, or bytes. */
  payload: unknown
}

/** A {@link Message} as it was received. */
export interface ClientMessage extends Message {
  /** Size of the frame it came in, in bytes: an upper bound for the size of its payload. */
  bytes: number
}

/** The answer to one {@link Message} (Phoenix.Socket.Reply): `phx_reply` with a status and a response. */
export interface ReplyMessage {
  joinRef: Ref
  ref: Ref
  topic: Scalar
  status: string
  /** Any JSON value, or bytes; undefined is `{}`. */
  response: unknown
}

/** An event for all subscribers of a topic (Phoenix.Socket.Broadcast); it has no refs. */
export interface Broadcast {
  topic: string
  event: string
  /** An object, bytes, or data for DataChannels (`DataMessage`). Shared by all subscribers. */
  payload: unknown
  /** See `PushOptions`. */
  dropStale?: string | undefined
}

/** Whether a payload travels as bytes instead of JSON. */
export function isBinary(payload: unknown): payload is Uint8Array {
  return payload instanceof Uint8Array
}

/**
 * Refuses what is kept for each channel and named in logs when it is longer than `limit` bytes; 0 is no limit. Refuses
 * what a serializer only promises. Throws `PHX_ERR_SERIALIZER_DECODE`.
 */
export function checkHead(message: ClientMessage, limit: number): void {
  if (isThenable(message)) {
    disown(message)
    throw new DecodeFailed('the serializer returned a promise')
  }
  if (limit === 0) return
  const { topic, event, ref, joinRef } = message
  checkLength(topic, limit)
  checkLength(event, limit)
  checkLength(ref, limit)
  checkLength(joinRef, limit)
}

function checkLength(value: Scalar, limit: number): void {
  // A UTF-16 code unit is at most 3 bytes of UTF-8, so that most need no counting.
  if (typeof value !== 'string' || value.length * 3 <= limit) return
  if (Buffer.byteLength(value) > limit) throw new DecodeFailed('a topic, event or ref is too long')
}

/** How an event is sent. */
export interface PushOptions {
  /**
   * Marks state that is worth nothing once there is newer: while the client reads too slowly, only
   * the newest event of this name is kept for it, and the older ones are dropped and counted. Such an
   * event may arrive behind others that were sent after it. Default: nothing is dropped.
   */
  dropStale?: string | undefined
}
