/**
 * - `idle`: the channel is not joined
 * - `connecting`: the peer is being opened
 * - `open`: the DataChannel `events` is open
 * - `waiting`: opening failed, or the peer was lost; the next try comes after a while
 * - `disabled`: there is no WebRTC here, or the server refuses it; tried again when the channel joins again
 * - `closed`: for good
 */
export type PeerState = 'idle' | 'connecting' | 'open' | 'waiting' | 'disabled' | 'closed'

/** What a call that is made now travels on; with `none` it waits for the channel to be joined. */
export type HookTransport = 'datachannel' | 'channel' | 'none'

/** The events of a client, with what their listeners get. */
export interface HookClientEvents {
  /** The peer's state changed. */
  state: [state: PeerState]
  /** Calls travel on something else from now on. */
  transport: [transport: HookTransport]
  /** The server sent data: text, or bytes. On which way it came makes no difference. */
  data: [label: string, data: string | Uint8Array]
  /** The user has sent more DataChannel messages than the server takes; the next peer waits for 10 s. */
  rate_limited: []
  /**
   * A peer could not be opened, or was lost; `reason` is a word for the log. `client_replaced` is the last of
   * them: another client was made for the channel.
   */
  failure: [reason: string]
}
