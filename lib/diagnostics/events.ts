/** The socket that something happened on: the same object from `connect` to `closed`. */
export interface DiagnosticSocket {
  /** What the option `id` gave it; null for an anonymous one. */
  readonly id: string | null
  readonly transport: 'websocket' | 'longpoll'
  /** The path of its mount: `/socket`. */
  readonly path: string
  /** The node that it is connected to. */
  readonly node: string
}

/** Of something that takes its time: what came of it is known at its end. */
export interface Trace<Result extends string = string> {
  /** Set ahead of `end` where it was over at once, and ahead of `asyncEnd` where it was not. */
  result?: Result | undefined
  /** What was thrown; set ahead of `error`. */
  error?: unknown
  /** Whether `asyncEnd` follows; known at `end`. */
  isAsync?: boolean
}

/** `fastify-phoenix:connect`: whether a client may connect, from the request to the decision. */
export interface ConnectTrace extends Trace<'ok' | 'refused' | 'failed'> {
  readonly node: string
  readonly path: string
  readonly transport: 'websocket' | 'longpoll'
}

/** `fastify-phoenix:opened`: a socket was made. */
export interface OpenedEvent {
  readonly socket: DiagnosticSocket
  /** The `connect` that let it in; undefined where nobody listened to that. */
  readonly connect: ConnectTrace | undefined
}

/** `fastify-phoenix:closed`: the connection of a socket is over. */
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
  readonly event: string
}

/** `fastify-phoenix:hook`: a hook call. `result` is `ok` or the reason of the error. */
export interface HookTrace extends Trace {
  /** The socket whose user channel it belongs to. */
  readonly socket: DiagnosticSocket
  readonly userId: string
  readonly topic: string
  readonly transport: 'websocket' | 'longpoll' | 'datachannel'
  readonly hookPlugin: string
  readonly fn: string
}

/** `fastify-phoenix:broadcast`: a broadcast of this node, to all who are here and to the engine. */
export interface BroadcastTrace extends Trace<'ok' | 'failed'> {
  readonly node: string
  readonly topic: string
  readonly event: string
  /** How many subscribers it was delivered to here. */
  receivers: number
  /** W3C `traceparent` that goes along to other nodes; a listener of `start` may set it. */
  traceparent?: string
}

/** `fastify-phoenix:drain`: the end of a mount. */
export interface DrainTrace extends Trace<'ok'> {
  readonly node: string
  readonly path: string
  /** How many sockets were open. */
  readonly sockets: number
}

/** `fastify-phoenix:refused`: a client was refused something; see the option `log`. */
export interface RefusedEvent {
  readonly node: string
  readonly path: string
  /** A kind of the option `log`: `origin`, `connect`, `joinRate` and so on. */
  readonly kind: string
  /** What a log line says of it; text of clients is cut. */
  readonly details: Readonly<Record<string, unknown>>
}

/** `fastify-phoenix:rate_limited`: more came than a limit allows. */
export interface RateLimitedEvent {
  readonly node: string
  /** Of the option `limits`: `connects`, `joins`, `events`, `eventBytes`, `offers`, `iceCandidates`, `dataChannelMessages`. */
  readonly limit: string
  /** Undefined for connects. */
  readonly socket: DiagnosticSocket | undefined
}

/** `fastify-phoenix:slow_client`: a connection was cut off because its client does not read. */
export interface SlowClientEvent {
  readonly socket: DiagnosticSocket | undefined
  readonly transport: 'websocket' | 'longpoll'
  /** Bytes that waited for it. */
  readonly waiting: number
  readonly why: string
}

/** `fastify-phoenix:mailbox_full`: a channel ended because too much waited for a handler of it. */
export interface MailboxFullEvent {
  readonly socket: DiagnosticSocket
  readonly topic: string
  readonly pattern: string
}

/** `fastify-phoenix:presence_diff`: a presence told the members of a topic who came and went. */
export interface PresenceDiffEvent {
  readonly node: string
  readonly topic: string
  readonly joins: number
  readonly leaves: number
}

/** `fastify-phoenix:peer_state`: a WebRTC peer has a new state; the first is `connecting`, the last `closed`. */
export interface PeerStateEvent {
  readonly userId: string
  /** The same object for all of one peer. */
  readonly peer: object
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed'
  /** Milliseconds since the offer was taken. */
  readonly ageMs: number
}

/** `fastify-phoenix:peer_failed`: a WebRTC peer ended and had never been connected, or lost its client. */
export interface PeerFailedEvent {
  readonly userId: string
  readonly peer: object
  /** `failed` or `timeout` where it never was connected, `disconnected` where its client was lost. */
  readonly why: string
  /** Candidates of this side that the client was told, and those of the client: the pairs that were tried. */
  readonly local: readonly string[]
  readonly remote: readonly string[]
  readonly ageMs: number
}

/** `fastify-phoenix:cluster_state`: this node has lost the engine, or others, or has them back. */
export interface ClusterStateEvent {
  readonly node: string
  readonly state: string
  readonly problem: string | undefined
  /** How many other nodes it knows of. */
  readonly others: number
}

/** `fastify-phoenix:engine_publish`: a message was given to the engine of the cluster, or not taken by it. */
export interface EnginePublishEvent {
  readonly node: string
  readonly kind: string
  readonly bytes: number
  readonly taken: boolean
}

/** `fastify-phoenix:engine_deliver`: a message came from another node. */
export interface EngineDeliverEvent {
  readonly node: string
  readonly from: string
  readonly kind: string
  readonly bytes: number
}
