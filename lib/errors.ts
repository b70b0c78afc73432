// What applications meet; those of the programs alone are in lib/server/errors.ts and lib/load/options/errors.ts.
import { type Cause, type CodedErrorConstructor, createError } from './util/coded-error.js'

export type { Cause, CodedErrorConstructor }

/** An option of the plugin is missing, of the wrong type or out of range; the message names it. */
export const InvalidOption = createError<[name: string, problem: string]>(
  'PHX_ERR_OPTION_INVALID',
  'option %s: %s',
  500,
  TypeError
)

/** A frame is not a message of the negotiated protocol version (Phoenix.Socket.Serializer). */
export const DecodeFailed = createError<[problem: string, options?: Cause]>(
  'PHX_ERR_SERIALIZER_DECODE',
  'cannot decode message: %s',
  400
)

/** A payload cannot be sent: not JSON, no object where one is needed, or a binary field too long. */
export const EncodeFailed = createError<[problem: string, options?: Cause]>(
  'PHX_ERR_SERIALIZER_ENCODE',
  'cannot encode message: %s'
)

/** A channel pushed or broadcast while `join` was still running (Phoenix.Channel raises there too). */
export const NotJoined = createError<[topic: string]>(
  'PHX_ERR_CHANNEL_NOT_JOINED',
  'channel %s is not joined: push from defer() to send right after the join'
)

/** `socketRef()` without a message in hand, or for one that the client sent without a ref. */
export const NoRef = createError<[topic: string]>(
  'PHX_ERR_CHANNEL_NO_REF',
  'channel %s has no message with a ref to reply to'
)

/** A handler returned something that is no reply, no stop and not nothing. */
export const BadReturn = createError<[topic: string, what: string]>(
  'PHX_ERR_CHANNEL_BAD_RETURN',
  'channel %s: %s returned no valid result'
)

/** A client pushed an event that the channel has no handler for. */
export const NoHandler = createError<[topic: string, event: string]>(
  'PHX_ERR_CHANNEL_NO_HANDLER',
  'channel %s has no handler for the event %s'
)

/** More waits for a handler of a channel than `limits.mailboxMessages`: the channel ends. */
export const MailboxFull = createError<[topic: string]>(
  'PHX_ERR_CHANNEL_MAILBOX_FULL',
  'channel %s: more messages wait for a handler than limits.mailboxMessages allows'
)

/** `publish` or `history` of a topic whose channel has no option `history`. */
export const NoHistory = createError<[topic: string]>(
  'PHX_ERR_HISTORY_NONE',
  'topic %s has no history: give its channel the option history',
  400
)

/** The engine that keeps the messages of a topic with history is away, or did not take one. */
export const HistoryUnavailable = createError<[reason: string, options?: Cause]>(
  'PHX_ERR_HISTORY_UNAVAILABLE',
  'the history cannot be reached: %s',
  503
)

/** A message of a topic with history that is larger than what the engine keeps. */
export const HistoryTooLarge = createError<[topic: string, bytes: number, most: number]>(
  'PHX_ERR_HISTORY_TOO_LARGE',
  'a message of %s has %d bytes for the engine, which keeps messages of %d at most'
)

/** Messages of a topic with history that a node has missed are gone: its channels end, and clients join anew. */
export const HistoryLost = createError<[topic: string]>(
  'PHX_ERR_HISTORY_LOST',
  'messages of %s are gone that members have not got'
)

/** A server with a dashboard that everybody may see listens where others than its own machine reach it. */
export const DashboardExposed = createError<[path: string, address: string]>(
  'PHX_ERR_DASHBOARD_EXPOSED',
  'the dashboard at %s needs the option authorize or token: the server listens on %s'
)

/** `authorize` of a dashboard threw; its error is the cause, of which the client hears nothing. */
export const DashboardAuthorizeFailed = createError<[options?: Cause]>(
  'PHX_ERR_DASHBOARD_AUTHORIZE',
  'authorize of the dashboard failed',
  500
)

/** `connect` threw; its error is the cause. Answered as HTTP 500 before the upgrade. */
export const ConnectFailed = createError<[options?: Cause]>('PHX_ERR_SOCKET_CONNECT', 'connect failed', 500)

/** `connect` or `id` returned something else than it may: the cause of a `PHX_ERR_SOCKET_CONNECT`. */
export const BadConnectResult = createError<[what: string, returned: string, expected: string]>(
  'PHX_ERR_SOCKET_BAD_RETURN',
  '%s returned %s, not %s',
  500,
  TypeError
)

/** The server was closed while `connect` decided. Answered as HTTP 503 before the upgrade. */
export const Draining = createError('PHX_ERR_SOCKET_DRAINING', 'the server is going away', 503)

/** The query of a connect is not UTF-8 once decoded. */
export const InvalidQuery = createError('PHX_ERR_SOCKET_QUERY', 'the query string is not valid UTF-8', 400)

// Hooks

/** A hook plugin is defined wrongly; the message names the plugin and, where it applies, the function. */
export const HookDefinitionInvalid = createError<[plugin: string, problem: string, options?: ErrorOptions]>(
  'PHX_ERR_HOOKS_DEFINITION',
  'hook plugin %s: %s',
  500,
  TypeError
)

/** Two hook plugins of one name. */
export const HookPluginDuplicate = createError<[plugin: string]>(
  'PHX_ERR_HOOKS_DUPLICATE',
  'hook plugin %s is there twice'
)

/** The `after_startup` of a hook plugin failed; `cause` is what it threw. */
export const HookStartupFailed = createError<[plugin: string, problem: string, options: ErrorOptions]>(
  'PHX_ERR_HOOKS_STARTUP',
  'hook plugin %s: after_startup failed: %s'
)

/** A hook ran longer than `limits.hookTimeoutMs`: the reason of its call's signal. */
export const HookTimedOut = createError<[hook: string, limitMs: number]>(
  'PHX_ERR_HOOKS_TIMEOUT',
  'hook %s took longer than %s ms',
  504
)

/** The user that a hook ran for left or lost the connection: the reason of its call's signal. */
export const HookCallerGone = createError<[]>('PHX_ERR_HOOKS_CALLER_GONE', 'the caller of the hook went away')

/** What `call.refuse(reason)` throws: the client gets the reason. */
export const HookRefused = createError<[reason: string]>(
  'PHX_ERR_HOOKS_REFUSED',
  'hook refused: %s',
  400,
  Error,
  // A refusal is an ordinary answer: collecting a stack for it would cost more than the call.
  false
)

/** A hook refused with a reason that is no string. */
export const HookReasonInvalid = createError<[type: string]>(
  'PHX_ERR_HOOKS_REASON',
  'a hook refuses with a string, not with %s',
  500,
  TypeError
)

/** A value does not fit its protobuf message: the request of a typed hook, or what the hook returned. */
export const HookMessageInvalid = createError<[field: string, expected: string]>(
  'PHX_ERR_HOOKS_MESSAGE',
  '%s must be %s',
  400,
  TypeError,
  // Clients can cause as many as they like, and the stack would only show the codec.
  false
)

/** WebRTC is on, but the native library is not installed, or cannot be loaded on this machine. */
export const WebRtcUnavailable = createError<[problem: string]>(
  'PHX_ERR_WEBRTC_UNAVAILABLE',
  'node-datachannel cannot be loaded (webrtc: false does without it): %s',
  500
)

/** Peers cannot bind their address or a UDP port of theirs; the cause is that of the operating system. */
export const PeerAddressUnavailable = createError<[address: string, problem: string, options?: ErrorOptions]>(
  'PHX_ERR_WEBRTC_BIND',
  'WebRTC peers cannot bind %s: %s',
  500
)

/** What a client sent as an offer is no session description that asks for DataChannels. */
export const InvalidSdp = createError<[problem: string]>('PHX_ERR_WEBRTC_INVALID_SDP', 'invalid SDP: %s', 400)

/** An ICE candidate that the native library does not take. */
export const InvalidCandidate = createError<[problem: string]>(
  'PHX_ERR_WEBRTC_INVALID_CANDIDATE',
  'invalid ICE candidate: %s',
  400
)

/** What is to be sent over DataChannels is neither text nor bytes, or has no label. */
export const InvalidData = createError<[problem: string]>(
  'PHX_ERR_WEBRTC_INVALID_DATA',
  'cannot send over a DataChannel: %s',
  500,
  TypeError
)

// Presence

/** The meta of a presence is no object, or has no JSON. */
export const PresenceMetaInvalid = createError<[problem: string, options?: Cause]>(
  'PHX_ERR_PRESENCE_META',
  'the meta of a presence %s',
  500,
  TypeError
)

/** The key of a presence is neither text nor a number. */
export const PresenceKeyInvalid = createError<[type: string]>(
  'PHX_ERR_PRESENCE_KEY',
  'the key of a presence must be text or a number, not %s',
  500,
  TypeError
)

/** The `fetch` of a presence returned something else than entries with their `metas`. */
export const PresenceFetchInvalid = createError<[topic: string]>(
  'PHX_ERR_PRESENCE_FETCH',
  'fetch for the presences of %s returned no entries with metas',
  500,
  TypeError
)

/** The `fetch` of a presence took longer than `fetchTimeoutMs`. */
export const PresenceFetchTimedOut = createError<[topic: string, limitMs: number]>(
  'PHX_ERR_PRESENCE_FETCH_TIMEOUT',
  'fetch for the presences of %s took longer than %s ms',
  504
)

// Authentication

/** An option of a token or verifier is missing, of the wrong type or unsafe; the message names it. */
export const AuthOptionInvalid = createError<[name: string, problem: string]>(
  'PHX_ERR_AUTH_OPTION',
  'authentication option %s: %s',
  500,
  TypeError
)

/** `verify` or `assigns` of `authenticate`, or `userId` of a verifier, returned what it must not. */
export const AuthResultInvalid = createError<[what: string, returned: string]>(
  'PHX_ERR_AUTH_RESULT',
  '%s of the authentication returned %s',
  500,
  TypeError
)

/** Data that a Phoenix token cannot carry. */
export const TermEncodeFailed = createError<[problem: string]>(
  'PHX_ERR_AUTH_TERM_ENCODE',
  'cannot encode as an Erlang term: %s',
  500,
  TypeError
)

/** Bytes that are no Erlang term, or one that is no data, too large or too deep. */
export const TermDecodeFailed = createError<[problem: string]>(
  'PHX_ERR_AUTH_TERM_DECODE',
  'cannot decode an Erlang term: %s',
  400
)

/** The keys that JSON Web Tokens are verified with cannot be had from where they are published. */
export const JwksUnavailable = createError<[uri: string, problem: string, options?: Cause]>(
  'PHX_ERR_AUTH_JWKS',
  'no keys from %s: %s',
  503
)

// The cluster

/** The engine of a cluster cannot be reached. */
export const ClusterUnreachable = createError<[engine: string, problem: string, options?: Cause]>(
  'PHX_ERR_CLUSTER_UNREACHABLE',
  '%s cannot be reached: %s',
  503
)

/** Something waited for the engine of a cluster when this node left it. */
export const ClusterClosed = createError<[]>('PHX_ERR_CLUSTER_CLOSED', 'this node has left the cluster', 503)

/** `workers()` in a process that no primary with a hub has started. */
export const HubMissing = createError<[]>(
  'PHX_ERR_CLUSTER_HUB_MISSING',
  'workers() found no hub: start the processes with supervise() of fastify-phoenix/workers, or fork them with the env of its startHub()'
)

/** A worker ended by itself: before it listened, or later, when another one takes its place. */
export const WorkerEnded = createError<[worker: number, how: string, next: string]>(
  'PHX_ERR_CLUSTER_WORKER_ENDED',
  'worker %s ended with %s%s'
)
