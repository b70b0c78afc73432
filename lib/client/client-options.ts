import type { ClientClock } from './clock.js'
import type { RpcCodec } from './codec.js'
import type { DataChannelInit, IceServer, PeerConnectionFactory } from './rtc.js'

/** What `createHookClient` takes beside the channel. */
export interface HookClientOptions {
  /**
   * Makes the RTCPeerConnections. Default: the browser's, with nothing but the ICE servers; where
   * there is none, and with `false`, all goes over the channel.
   */
  readonly createPeer?: PeerConnectionFactory | false | undefined
  /**
   * STUN and TURN servers. Default: the server is asked (`webrtc:config`), on every join and again when
   * the credentials that it made have run out.
   */
  readonly iceServers?: readonly IceServer[] | undefined
  /** How calls are written on the DataChannel. Default: JSON; `fastify-phoenix/client/protobuf` has the other. */
  readonly codec?: RpcCodec | undefined
  /**
   * Further DataChannels of the application, by label, for `send` and the event `data`; none may be
   * `negotiated`. Default: none.
   */
  readonly dataChannels?: Readonly<Record<string, DataChannelInit>> | undefined
  /**
   * Milliseconds that a call may take, waiting for the channel included; 0 is no limit. Default
   * 15,000: longer than the server's own limit of a hook, whose answer says more.
   */
  readonly timeoutMs?: number | undefined
  /** Milliseconds that the DataChannel may take to open, before the next try; 0 is no limit. Default 15,000. */
  readonly openTimeoutMs?: number | undefined
  /**
   * Milliseconds before the next peer is tried, after `tries` in a row came to nothing, from 1. Default:
   * 250 to 500 ms at first, then twice as long each time, up to a minute, with jitter.
   */
  readonly reopenAfterMs?: ((tries: number) => number) | undefined
  /**
   * Bytes of the largest message that the server takes on a DataChannel (`dataChannelMessageBytes`).
   * A larger call goes over the channel; one with larger arguments is refused, as the server would.
   * Default 65,536.
   */
  readonly maxMessageBytes?: number | undefined
  /** Time and timers, for tests. */
  readonly clock?: ClientClock | undefined
}
