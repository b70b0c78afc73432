// The room of the client helper: runs in browsers, and imports nothing else of lib.

import type { HookClientOptions } from './client-options.js'
import { HookClient } from './hook-client.js'
import type { PhoenixChannel } from './phoenix.js'
import type { AnyHooks, HookDefinitions } from './types.js'

export type { CallOptions } from './call-table.js'
export type { HookClientOptions } from './client-options.js'
export type { ClientClock } from './clock.js'
export type { CallName, CodecCall, CodecReply, RpcCodec } from './codec.js'
export type { HookClientEvents, HookTransport, PeerState } from './events.js'
export { HookClient } from './hook-client.js'
export { type ClientReason, HookError } from './hook-error.js'
export type { PhoenixChannel, PhoenixPush, ReplyStatus } from './phoenix.js'
export { type RecoverableSocket, recoverable } from './recoverable.js'
export type {
  DataChannelInit,
  IceServer,
  PeerConfiguration,
  PeerConnection,
  PeerConnectionFactory
} from './rtc.js'
export type {
  AnyHooks,
  HookArgs,
  HookDefinitions,
  HookInput,
  HookModule,
  HookNames,
  HookReply,
  Json
} from './types.js'

/**
 * Makes a client that calls the server's hooks. It opens a WebRTC peer whenever the channel is joined,
 * and opens it again when it is lost, with growing and random delays; calls go over its DataChannel, and
 * over the channel while it is down.
 *
 *     import type { arena } from '../server/arena.js'
 *
 *     const client = createHookClient<typeof arena>(channel)
 *     const { hit } = await client.call('arena', 'fire', 2, 1)
 *
 * A call whose connection is lost before its answer came is rejected with `connection_lost`, since
 * nobody knows whether the hook ran; with `idempotent` it is made again instead, unless it is what ends each
 * connection. A call that was not sent yet waits for the channel. Calls that are made one after the other arrive in
 * that order as long as the transport does not change; where the order matters, await each.
 *
 * A channel has one client: where it has one already, that is closed, its calls are rejected with
 * `client_replaced`, and its listeners of `failure` get that word.
 *
 * @param channel the user's channel of phoenix.js (1.4 or later), joined or not
 * @throws TypeError for a DataChannel with `negotiated: true`, which the server would never hear of
 */
export function createHookClient<Hooks extends HookDefinitions = AnyHooks>(
  channel: PhoenixChannel,
  options: HookClientOptions = {}
): HookClient<Hooks> {
  return new HookClient<Hooks>(channel, options)
}
