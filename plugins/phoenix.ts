import './types.js'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ChannelDefinition } from '../lib/channel/channel.js'
import { demandDefinition } from '../lib/channel/definition.js'
import type { ChannelContext } from '../lib/mount/channel-context.js'
import { SocketMount } from '../lib/mount/mount.js'
import { attachPresence } from '../lib/presence/presence.js'
import { TopicRouter } from '../lib/protocol/topic.js'
import { keepHistories } from './histories.js'
import { longpoll } from './longpoll.js'
import { type PhoenixOptions, readOptions } from './phoenix-options.js'
import { serverOf } from './service.js'
import { webrtcPeers } from './webrtc.js'
import { websocket } from './websocket.js'

async function phoenix(app: FastifyInstance, options: PhoenixOptions): Promise<void> {
  const settings = readOptions(options, app.initialConfig.pluginTimeout ?? 10_000)
  const server = serverOf(app)
  const { limits, maxChannels, serializers, connect, id, expiresAt, drain } = settings
  if (settings.cluster !== undefined) server.joinCluster(settings.cluster)
  if (options.health !== undefined) server.judgeHealthBy(settings.health)
  const { endpoint, clock } = server
  if (options.once !== undefined) endpoint.once.configure(settings.once)
  for (const presence of settings.presence) attachPresence(presence, endpoint)
  const peers = await webrtcPeers(app, settings.webrtc, clock)
  const context: ChannelContext = {
    limits,
    clock,
    hookLives: endpoint.hookLives,
    once: endpoint.once,
    log: server.log,
    onStart: (callback) => app.addHook('onReady', async () => callback()),
    onStop: (callback) => app.addHook('onClose', async () => callback())
  }
  const channels = new TopicRouter<ChannelDefinition>()
  for (const [pattern, channel] of Object.entries(settings.channels)) {
    const definition: unknown = typeof channel === 'function' ? channel(context) : channel
    demandDefinition(`channels["${pattern}"]`, definition)
    channels.add(pattern, definition)
  }
  keepHistories(app, server, channels, settings.history)
  const mount = new SocketMount({
    path: app.prefix + settings.path,
    endpoint,
    clock,
    log: server.log,
    logLevels: settings.log,
    limits,
    places: settings.clusterLimits.includes('socketsPerUser') ? server.places : undefined,
    peers,
    channels,
    maxChannels,
    serializers,
    connect,
    id,
    expiresAt,
    drain
  })
  server.mounts.push(mount)
  await websocket(app, mount, settings)
  await longpoll(app, mount, settings)
}

/**
 * Serves Phoenix Channels on a Fastify server and decorates it with `app.phoenix`, a
 * {@link PhoenixService}. Register it once for each socket (`socket/3` of Phoenix.Endpoint); all of
 * them share one pub/sub. Options are {@link PhoenixOptions}, checked and frozen.
 *
 * Registering rejects with `PHX_ERR_OPTION_INVALID`, which names the option; with
 * `PHX_ERR_HOOKS_DUPLICATE` when a user channel has two hook plugins of one name; and with
 * `PHX_ERR_WEBRTC_UNAVAILABLE` when `webrtc` is on and its native library is not installed, or
 * `PHX_ERR_WEBRTC_BIND` when its peers cannot bind. The start
 * rejects with `PHX_ERR_HOOKS_STARTUP` when the `after_startup` of a hook plugin fails.
 */
export default fp(phoenix, { name: 'fastify-phoenix', fastify: '5.x' })

export {
  type AuthenticatedAssigns,
  type AuthenticateOptions,
  type Authentication,
  authenticate
} from '../lib/auth/authenticate.js'
export { type Atom, atom, type Term, type Tuple, tuple } from '../lib/auth/erlang-term.js'
export { createJwtVerifier, type JwtVerifierOptions, type VerifiedJwt } from '../lib/auth/jwt.js'
export type { JwtAlgorithm } from '../lib/auth/jwt-algorithms.js'
export type { JwtKeyOptions } from '../lib/auth/jwt-keys.js'
export {
  createPhoenixToken,
  type PhoenixToken,
  type PhoenixTokenOptions,
  type PhoenixTokenResult,
  type PhoenixTokenSignOptions,
  type PhoenixTokenVerifyOptions
} from '../lib/auth/phoenix-token.js'
export {
  createPhoenixTokenVerifier,
  type PhoenixTokenVerifierOptions,
  type VerifiedPhoenixToken
} from '../lib/auth/phoenix-token-verifier.js'
export type { TokenVerifier, VerifiedToken } from '../lib/auth/verified-token.js'
export {
  type AnyInHandler,
  type Awaitable,
  type Channel,
  type ChannelDefinition,
  type ChannelSocket,
  defineChannel,
  type HandlerResult,
  type InHandler,
  type JoinResult,
  type OutHandler,
  type Reply,
  type SocketRef,
  type Stop,
  type StopReason,
  type StopResult,
  type TerminateReason
} from '../lib/channel/channel.js'
export type {
  ClaimName,
  ClaimStore,
  ClusterAdapter,
  ClusterSink,
  EngineHistory,
  EngineMessage,
  EngineQuery,
  EngineSlice,
  FoundClaim,
  KeepOptions
} from '../lib/cluster/adapter.js'
export type { ClusterStats } from '../lib/cluster/cluster-stats.js'
export type { SurveyHandler, SurveyOptions, SurveyResult } from '../lib/cluster/surveys.js'
export type {
  BroadcastDataOptions,
  DataReceiver,
  SendDataOptions,
  SendDataResult
} from '../lib/data/message.js'
export { diagnostics, type EventChannel } from '../lib/diagnostics/diagnostics.js'
export type {
  BroadcastTrace,
  ClosedEvent,
  ClusterStateEvent,
  ConnectTrace,
  DiagnosticChannel,
  DiagnosticSocket,
  DrainTrace,
  EngineDeliverEvent,
  EnginePublishEvent,
  HandleInTrace,
  HandlerTrace,
  HookTrace,
  JoinTrace,
  LeftEvent,
  MailboxFullEvent,
  OpenedEvent,
  PeerFailedEvent,
  PeerStateEvent,
  PresenceDiffEvent,
  RateLimitedEvent,
  RecoveryEvent,
  RefusedEvent,
  RequestHeaders,
  SlowClientEvent,
  Trace
} from '../lib/diagnostics/events.js'
export type { Endpoint, PublishOptions } from '../lib/endpoint/endpoint.js'
export type { Health, HealthOptions, HealthReason } from '../lib/endpoint/health.js'
export type { EndpointStats, TransportStats } from '../lib/endpoint/stats.js'
/** Every error of this package by name, for `instanceof`; each has a `code`, `PHX_ERR_<AREA>_<WHAT>`. */
export * as errors from '../lib/errors.js'
export type { HistoryLimits, HistoryOptions } from '../lib/history/options.js'
export type { HistoryMessage, HistoryPage, HistoryQuery } from '../lib/history/page.js'
export type { HistoryStats, Position } from '../lib/history/store.js'
export { defineHooks, type HookLifecycle, type HookOptions, type HookPlugin } from '../lib/hooks/define.js'
export type { FromSchema } from '../lib/hooks/from-schema.js'
export type { CallTransport, HookCall, HookFunction, HookFunctions, HookSchemas } from '../lib/hooks/types.js'
export { type ClusterLimit, defaultLimits, type Limits, type Rate } from '../lib/limits/limits.js'
export { redactUrl } from '../lib/log/redact.js'
export { type LogStream, redactingStream } from '../lib/log/redacting-stream.js'
export type { LogLevel, RefusalKind, RefusalLevels } from '../lib/log/refusals.js'
export { Refusal } from '../lib/mount/admission.js'
export type { ChannelContext, ChannelFactory } from '../lib/mount/channel-context.js'
export { type Connect, type Refused, refuse } from '../lib/mount/connect.js'
export { type ConnectInfo, type ConnectInfoKey, connectInfoKeys } from '../lib/mount/connect-info.js'
export type { OnceOutcome, OnceStats } from '../lib/once/once.js'
export type { OnceOptions } from '../lib/once/options.js'
export type { IceConfig, IceServer } from '../lib/peers/peer-factory.js'
export type { UserPeer } from '../lib/peers/peer-registry.js'
export type {
  CandidateReport,
  ConnectionReport,
  DataChannelReport,
  PeerReport,
  PeerState
} from '../lib/peers/peer-report.js'
export type { DropReason, PeerStats } from '../lib/peers/peer-stats.js'
export type { Meta } from '../lib/presence/meta.js'
export { Presence, type PresenceChannel, type PresenceOwner } from '../lib/presence/presence.js'
export type {
  DiffOrigin,
  PresenceDiff,
  PresenceEntry,
  PresenceFetch,
  PresenceOptions,
  PresenceState,
  TrackResult
} from '../lib/presence/types.js'
export type { Assigns } from '../lib/protocol/assigns.js'
export type { TransportName } from '../lib/protocol/constants.js'
export { isReservedEvent } from '../lib/protocol/constants.js'
export type { Frame } from '../lib/protocol/frame.js'
export type {
  Broadcast,
  ClientMessage,
  Message,
  PushOptions,
  Ref,
  ReplyMessage,
  Scalar
} from '../lib/protocol/message.js'
export { JsonText } from '../lib/protocol/serializer/json.js'
export type { Serializer } from '../lib/protocol/serializer/serializer.js'
export { v1 } from '../lib/protocol/serializer/v1.js'
export { v2 } from '../lib/protocol/serializer/v2.js'
export type { DrainOptions } from '../lib/socket/drainer.js'
export type { Clock, Timer } from '../lib/time/clock.js'
export type { Tick, TickLoop, TickLoopOptions } from '../lib/time/tick-loop.js'
export type { CheckOrigin, Origin, RequestTarget } from '../lib/transport/origin.js'
export type { Param, Params } from '../lib/transport/query.js'
export { type UserChannelOptions, userChannel } from '../lib/user/user-channel.js'
export type { JSONSchema } from '../lib/util/json-schema.js'
export type { Logger, LogMethod } from '../lib/util/logger.js'
export {
  type ChannelPeer,
  type CreatePeerOptions,
  createPeer,
  type PeerEventMap
} from '../lib/webrtc/channel-peer.js'
export type { IceServerOption, TurnSecretServer } from '../lib/webrtc/ice-servers.js'
export type { WebRtcOptions } from '../lib/webrtc/native-factory.js'
export type { PhoenixOptions } from './phoenix-options.js'
export type { PhoenixService } from './phoenix-service.js'
export type { LongPollOptions, WebSocketOptions } from './transport-options.js'
