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
