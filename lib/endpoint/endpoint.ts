// The room of the endpoint: what all sockets of one server share, and the way to them from outside.
import type { BroadcastDataOptions, SendDataOptions, SendDataResult } from '../data/message.js'
import type { HistoryPage, HistoryQuery } from '../history/page.js'
import type { Position } from '../history/store.js'
import type { UserPeer } from '../peers/peer-registry.js'
import type { PushOptions } from '../protocol/message.js'

/** How a message of a topic with history is published. */
export interface PublishOptions {
  /**
   * Makes a repeat on the same topic within two minutes the same message: it is delivered once, and both resolve to one
   * position. A text of 1 to 256 characters. Default: every message is another one.
   */
  key?: string | undefined
}

/** The way to all clients, and to their peers, from outside of their channels (Phoenix.Endpoint). */
export interface Endpoint {
  /** The name of this node of the cluster, new at every start. */
  readonly node: string
  /**
   * Sends an event to all members of a topic (`broadcast!/3`), on whatever node they are.
   *
   * @throws PHX_ERR_SERIALIZER_ENCODE when the payload is neither an object nor a Uint8Array, or no JSON, and
   *   somebody would have got it; on a node of a cluster also where nobody would.
   * @throws PHX_ERR_HISTORY_TOO_LARGE where the topic has a history, and the engine keeps nothing that is so large.
   */
  broadcast(topic: string, event: string, payload: object, options?: PushOptions): void
  /** As {@link broadcast}, to the members on this node alone (`local_broadcast/3`). */
  localBroadcast(topic: string, event: string, payload: object, options?: PushOptions): void
  /**
   * As {@link broadcast}, to a topic with history (`ChannelDefinition.history`). Resolves to its position there when it
   * was accepted.
   *
   * @throws PHX_ERR_HISTORY_NONE for a topic without history.
   * @throws PHX_ERR_SERIALIZER_ENCODE when the payload is neither an object nor a Uint8Array, or no JSON.
   * @throws PHX_ERR_OPTION_INVALID for a key that is none, and the event `disconnect`.
   * @throws PHX_ERR_HISTORY_TOO_LARGE for more than the engine keeps, and PHX_ERR_HISTORY_UNAVAILABLE where it did not
   *   take it, or nobody knows.
   */
  publish(topic: string, event: string, payload: object, options?: PublishOptions): Promise<Position>
  /**
   * Reads what is kept of a topic with history: the messages behind a position, or the oldest there are.
   *
   * @throws PHX_ERR_HISTORY_NONE for a topic without history.
   * @throws PHX_ERR_OPTION_INVALID for a position or a number that is none.
   */
  history(topic: string, query?: HistoryQuery): Promise<HistoryPage>
  /** Pushes an event to all of a user's channels `user:<userId>`. Throws as {@link broadcast} does. */
  pushToUser(userId: string, event: string, payload: object, options?: PushOptions): void
  /**
   * Closes all sockets that the option `id` gave this name, with 1001, and their channels end with the
   * reason `disconnected`. As in Phoenix, where one broadcasts `disconnect` to that id.
   */
  disconnect(socketId: string): void
  /**
   * Sends to the DataChannel of that label of each of a user's sockets, text as a text message and
   * bytes as a binary one; where none is open, the socket gets it as `webrtc:data`. The bytes may be used
   * again as soon as this returns. Returns what became of it on this node.
   *
   * @throws PHX_ERR_WEBRTC_INVALID_DATA for what is neither text nor bytes.
   * @throws PHX_ERR_OPTION_INVALID for options that are none.
   */
  sendDataToUser(
    userId: string,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult
  /** As {@link sendDataToUser}, for several users; whatever the data is turned into is made once for all. */
  sendDataToUsers(
    userIds: Iterable<string>,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult
  /**
   * As {@link sendDataToUser}, for all members of a topic: each is sent to over the user channel of the
   * socket on which it joined the topic. A socket without one gets `webrtc:data` on the topic itself.
   * It is no event: channels neither intercept it nor get it in `handleInfo`.
   */
  broadcastData(
    topic: string,
    label: string,
    data: string | Uint8Array,
    options?: BroadcastDataOptions
  ): SendDataResult
  /**
   * The live WebRTC peers of a user on this node, one for each channel `user:<userId>` that has one: to
   * look at their statistics, or to close them.
   */
  peersOf(userId: string): UserPeer[]
}
