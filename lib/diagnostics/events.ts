/**
 * The socket that something happened on: the same object from `opened` to the `left` of its last channel, which may
 * come behind `closed`.
 */
export interface DiagnosticSocket {
  /** What the option `id` gave it; null for an anonymous one. */
  readonly id: string | null
  readonly transport: 'websocket' | 'longpoll'
  /** The path of its mount: `/socket`. */
  readonly path: string
  /** The node that it is connected to. */
  readonly node: string
}

/** The channel of a socket that something happened on. */
export interface DiagnosticChannel {
  readonly socket: DiagnosticSocket
  readonly topic: string
  /** Of the option `channels`: `room:*`. */
  readonly pattern: string
  /** What was told of its join, where somebody listened. */
  readonly joinTrace?: JoinTrace | undefined
}

/** Of something that takes its time: what came of it is known at its end. */
export interface Trace<Result extends string = string> {
  /** Set ahead of `end` where it was over at once, and ahead of `asyncStart` where it was not. */
  result?: Result | undefined
  /** What was thrown; set ahead of `error`. */
  error?: unknown
  /** Whether `asyncStart` and `asyncEnd` follow; known at `end`. */
  isAsync?: boolean
  /**
   * Runs the code that is traced; a listener of `start` may set it, for a context that is no AsyncLocalStorage which
   * it could bind. It returns what the code returns, and runs it within the function that was set before, if any.
   */
  within?: (<Value>(code: () => Value) => Value) | undefined
}

/** `fastify-phoenix:connect`: whether a client may connect, from the request to the decision. */
export interface ConnectTrace extends Trace<'ok' | 'refused' | 'failed'> {
  readonly node: string
  readonly path: string
  readonly transport: 'websocket' | 'longpoll'
  /**
   * The headers of the request, as Node has them; a function, as secrets are among them. Undefined behind `start`:
   * the socket keeps the message, and must not keep the request with it.
   */
  headers: (() => RequestHeaders) | undefined
}

/** Headers by their names in small letters. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** `fastify-phoenix:opened`: a socket was made. */
export interface OpenedEvent {
  readonly socket: DiagnosticSocket
  /** The `connect` that let it in; undefined where nobody listened to that. */
  readonly connect: ConnectTrace | undefined
}

/** `fastify-phoenix:closed`: the connection of a socket is over; its channels may still work off what had come. */
export interface ClosedEvent {
  readonly socket: DiagnosticSocket
  /** Why, as `terminate` is told. */
  readonly reason: string
  /** The code that the server closed it with; undefined where the client went. */
  readonly code: number | undefined
}

/** `fastify-phoenix:join`: a `phx_join` that has a channel, to the reply. */
export interface JoinTrace extends Trace<'ok' | 'error' | 'crashed' | 'refused'> {
  readonly socket: DiagnosticSocket
  readonly topic: string
  /** Of the option `channels`: `room:*`. */
  readonly pattern: string
}

/** `fastify-phoenix:recovery`: a client joined that is to miss nothing of a topic with history. */
export interface RecoveryEvent {
  readonly socket: DiagnosticSocket
  readonly topic: string
  /** Of the option `channels`: `room:*`. */
  readonly pattern: string
  /**
   * `first` where it asked for nothing, `recovered` where it got all that it had missed. It got nothing for `gap`, where
   * messages are gone, `epoch`, where the history was lost, `ahead`, where its position is not reached yet, and `limit`,
   * where it has missed more than a client is sent.
   */
  readonly result: 'first' | 'recovered' | 'gap' | 'epoch' | 'ahead' | 'limit'
  /** How many messages it is sent. */
  readonly count: number
}

/** `fastify-phoenix:left`: a joined channel has ended. */
export interface LeftEvent {
  readonly socket: DiagnosticSocket
  readonly topic: string
  readonly pattern: string
  /** As `terminate` is told: `left`, `closed`, `error` and so on. */
  readonly reason: string
}

/** `fastify-phoenix:handle_in`: an event of a client, from its turn to the end of its handler. */
export interface HandleInTrace extends Trace<'ok' | 'error' | 'crashed'> {
  readonly socket: DiagnosticSocket
  readonly topic: string
  readonly pattern: string
  /** The client's own text. */
  readonly event: string
  /** The `join` of the channel; undefined where nobody listened to that. */
  readonly join: JoinTrace | undefined
}

/**
 * `fastify-phoenix:handler`: code of the application that runs for a channel, and that no event of its client calls,
 * from its turn to its end.
 */
export interface HandlerTrace extends Trace<'ok' | 'crashed'> {
  readonly socket: DiagnosticSocket
  readonly topic: string
  readonly pattern: string
  readonly handler:
    | 'handleOut'
    | 'handleInfo'
    | 'terminate'
    | 'onData'
    | 'after_user_joined'
    | 'after_user_left'
  /** Of a broadcast its event, of data its label, of the last two the name of the hook plugin. */
  readonly name: string | undefined
  /** The `join` of the channel; undefined where nobody listened to that. */
  readonly join: JoinTrace | undefined
  /** Of a broadcast: what came of it to this node, its `broadcast` or `engine_deliver`, where somebody listened. */
  readonly origin: BroadcastTrace | EngineDeliverEvent | undefined
}

/**
 * `fastify-phoenix:hook`: a hook call. `result` is `ok` or the reason of the error; `error` is also what the hook threw
 * where its caller gets a reason for it, but not what `refuse` throws.
 */
export interface HookTrace extends Trace {
  /** The socket whose user channel it belongs to. */
  readonly socket: DiagnosticSocket
  readonly userId: string
  readonly topic: string
  readonly transport: 'websocket' | 'longpoll' | 'datachannel'
  readonly hookPlugin: string
  readonly fn: string
  /** Whether there is such a hook; where there is none the names are the client's own text, cut. */
  readonly isKnown: boolean
  /** The `join` of the user channel; undefined where nobody listened to that. */
  readonly join: JoinTrace | undefined
}

/** `fastify-phoenix:broadcast`: a broadcast of this node, to all who are here and to the engine. */
export interface BroadcastTrace extends Trace<'ok' | 'failed'> {
  readonly node: string
  readonly topic: string
  readonly event: string
  /** Whether it stays on this node: `localBroadcast`, diffs of presences, and all where there are no others. */
  readonly isLocal: boolean
  /** How many subscribers of this node it is for. */
  readonly receivers: number
  /** W3C `traceparent` that goes along to other nodes; a listener of `start` may set it. */
  traceparent?: string | undefined
}

/** `fastify-phoenix:drain`: the end of a mount. */
export interface DrainTrace extends Trace<'ok' | 'failed'> {
  readonly node: string
  readonly path: string
  /** How many sockets were open. */
  readonly sockets: number
}

/** `fastify-phoenix:refused`: a client was refused something; see the option `log`, whose levels change nothing here. */
export interface RefusedEvent {
  readonly node: string
  readonly path: string
  /** A kind of the option `log`: `origin`, `connect`, `joinRate` and so on. */
  readonly kind: string
  /** The line that the log has for it, which says what to do. */
  readonly words: string
  /** What a log line says beside them; text of clients is cut. */
  readonly details: Readonly<Record<string, unknown>>
}

/** `fastify-phoenix:rate_limited`: more came than a limit allows. */
export interface RateLimitedEvent {
  readonly node: string
  /**
   * Of the option `limits`: `connects`, `joins`, `topicJoins`, `events`, `eventBytes`, `offers`, `iceCandidates`,
   * `dataChannelMessages`.
   */
  readonly limit: string
  /** Undefined for connects. */
  readonly socket: DiagnosticSocket | undefined
}

/** `fastify-phoenix:slow_client`: a connection is cut off because its client does not read; `closed` follows. */
export interface SlowClientEvent {
  readonly socket: DiagnosticSocket
  /** Bytes that waited for it. */
  readonly waiting: number
  readonly why: string
}

/** `fastify-phoenix:mailbox_full`: a channel ended because too much waited for a handler of it. */
export interface MailboxFullEvent {
  readonly socket: DiagnosticSocket
  /** Undefined where it was the socket: too much waited behind a join. */
  readonly topic: string | undefined
  readonly pattern: string | undefined
}

/** `fastify-phoenix:presence_diff`: a presence told the members of a topic who came and went. */
export interface PresenceDiffEvent {
  readonly node: string
  readonly topic: string
  /** How many keys. */
  readonly joins: number
  readonly leaves: number
  /** Whether it is about channels of this node, and not about those of others. */
  readonly isLocal: boolean
}

/** `fastify-phoenix:peer_state`: a WebRTC peer has a new state; the first is `connecting`, the last `closed`. */
export interface PeerStateEvent {
  /** The socket whose channel it belongs to. */
  readonly socket: DiagnosticSocket
  readonly userId: string
  /** The same object for all of one peer. */
  readonly peer: object
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed'
  /** Milliseconds since the offer was taken. */
  readonly ageMs: number
}

/** `fastify-phoenix:peer_failed`: a WebRTC peer ended and had never been connected, or lost its client. */
export interface PeerFailedEvent {
  readonly socket: DiagnosticSocket
  readonly userId: string
  readonly peer: object
  /** `failed` or `timeout` where it never was connected, `disconnected` where its client was lost. */
  readonly why: 'failed' | 'timeout' | 'disconnected'
  /** Candidates of this side that the client was told, and those of the client: the pairs that were tried. */
  readonly local: readonly string[]
  readonly remote: readonly string[]
  /** Candidates of the client that were passed over, each with why. */
  readonly ignored: readonly { readonly candidate: string; readonly why: string }[]
  /** What is likely to be wrong, and what to do; undefined where its client was lost. */
  readonly cause: string | undefined
  readonly ageMs: number
}

/** `fastify-phoenix:cluster_state`: this node has lost the engine, or others, or has them back. */
export interface ClusterStateEvent {
  readonly node: string
  /** Of this node: `up`, `down` without the engine, `deaf` where it hears nothing. Of `other`: `node_up`, `node_down`. */
  readonly state: 'up' | 'down' | 'deaf' | 'node_up' | 'node_down'
  /** The node that came or went. */
  readonly other: string | undefined
  readonly problem: string | undefined
  /** How many other nodes it knows of. */
  readonly others: number
}

/** `fastify-phoenix:engine_publish`: a message was given to the engine of the cluster, or not taken by it. */
export interface EnginePublishEvent {
  readonly node: string
  readonly kind: 'broadcast' | 'signal'
  readonly bytes: number
  readonly taken: boolean
}

/**
 * `fastify-phoenix:engine_deliver`: a message came from another node. Those who are subscribed get a broadcast within
 * it: what is bound to the channel (`bindStore`) is there meanwhile.
 */
export interface EngineDeliverEvent {
  readonly node: string
  readonly from: string
  readonly kind: 'broadcast' | 'signal'
  readonly bytes: number
  /** Of a broadcast. */
  readonly topic: string | undefined
  /** Of a broadcast. */
  readonly event: string | undefined
  /** The W3C `traceparent` that a listener of `broadcast` set on the other node. */
  readonly traceparent: string | undefined
}
