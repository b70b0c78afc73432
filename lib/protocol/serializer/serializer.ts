// The room of serializers: between frames and messages, for each version of the protocol.
import type { Frame } from '../frame.js'
import type { Broadcast, ClientMessage, Message, ReplyMessage } from '../message.js'

/**
 * Turns messages into frames and back, for one version of the protocol
 * (Phoenix.Socket.Serializer). Serializers keep no state: one instance serves all sockets, and
 * broadcasts are encoded once for each instance in use.
 */
export interface Serializer {
  /** Clients ask for it with `vsn`; any patch level of this version is accepted (`~> 2.0.0`). */
  readonly version: string
  /** Whether it has frames for binary payloads; clients of one that has not miss binary broadcasts. */
  readonly binary: boolean
  /** Takes a received frame apart; throws `PHX_ERR_SERIALIZER_DECODE`. */
  decode(data: Buffer, isBinary: boolean): ClientMessage
  /**
   * The frame of a reply. All `encode` methods throw `PHX_ERR_SERIALIZER_ENCODE` for what cannot be sent:
   * to the handler that sends it, whose channel then ends with `phx_error`; where it is an answer of the
   * socket itself, as to a heartbeat, the error is logged and the socket closes with 1011.
   */
  encodeReply(reply: ReplyMessage): Frame
  /** The frame of an event for one client. */
  encodePush(message: Message): Frame
  /** The frame of an event that all members of a topic share. */
  encodeBroadcast(broadcast: Broadcast): Frame
}
