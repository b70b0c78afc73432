// The room of channels: what applications write, and one join of one topic from its start to its end.
import type { DataReceiver, SendDataOptions, SendDataResult } from '../data/message.js'
import type { Endpoint } from '../endpoint/endpoint.js'
import type { HistoryOptions } from '../history/options.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { Assigns } from '../protocol/assigns.js'
import type { TransportName } from '../protocol/constants.js'
import type { Broadcast, PushOptions, Ref, Scalar } from '../protocol/message.js'
import type { Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'

/** The reply to a message of the client: `phx_reply` (Phoenix.Channel, `{:reply, {status, response}, socket}`). */
export interface Reply {
  /** `ok`, `error` or any other name; phoenix.js hands it to the `receive` of that name. */
  status: string
  /** Any JSON value, or bytes as a Uint8Array. Default `{}`. */
  response?: unknown
}

/**
 * Why a channel stops by itself: `normal`, `shutdown` and `shutdown:<detail>` close it (`phx_close`);
 * any other name is an error (`phx_error`), after which phoenix.js joins again.
 */
export type StopReason = string

/** Ends the channel (Phoenix.Channel, `{:stop, reason, socket}` and `{:stop, reason, reply, socket}`). */
export interface Stop {
  stop: StopReason
  /** Sent before the end, to the message in hand; only a handler of a client's event has one. */
  reply?: Reply
}

/** What a handler of a client's event may return, now or as a promise; nothing means no reply. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the type void
export type HandlerResult = Reply | Stop | void

/** What a handler of anything else may return: there is nothing to reply to. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the type void
export type StopResult = Stop | void

/** What `join` returns: `ok` with an optional response, or `error` with the reason of the refusal. */
export interface JoinResult {
  status: 'ok' | 'error'
  /** Any JSON value, or bytes as a Uint8Array. Default `{}`. */
  response?: unknown
}

/**
 * Why a channel ended: the client `left`; it stopped (`normal`, `shutdown`, `shutdown:<detail>`);
 * the connection was `closed`; the socket was `disconnected` through its id; the server is
 * `draining`; or a failure, `error`.
 */
export type TerminateReason =
  | 'left'
  | 'normal'
  | 'shutdown'
  | `shutdown:${string}`
  | 'closed'
  | 'disconnected'
  | 'draining'
  | 'error'

/** A message that is answered later, see {@link Channel.socketRef}. It belongs to the channel that made it. */
export interface SocketRef {
  /** The join that the message belongs to. */
  readonly joinRef: Ref
  /** What the client recognises the reply by. */
  readonly ref: Ref
  readonly topic: string
}

/** The socket as its channels see it. */
export interface ChannelSocket extends DataReceiver {
  /** What `connect` returned; shared by all channels of the socket. */
  readonly assigns: Assigns
  /** What carries its frames: `websocket` or `longpoll`. */
  readonly transport: TransportName
  /**
   * What the user has used up of the limits that count over all of their sockets.
   *
   * @internal
   */
  readonly budget: UserBudget
  /**
   * When the token of the socket ends, in milliseconds since 1970; the socket is closed then.
   * Setting it later, or to undefined, keeps the socket open. Setting it to what is no number throws
   * `PHX_ERR_OPTION_INVALID`.
   */
  expiresAt: number | undefined
  /** Closes the socket as a `disconnect` through its id does: 1001. */
  disconnect(): void
  /**
   * Sends to this client's DataChannel of that label; see `app.phoenix.sendDataToUser`, which sends to
   * all sockets of a user. Dropped where the socket has no user channel. Throws as that does.
   */
  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult
}

/**
 * One join of one topic by one client, as its handlers see it: what Phoenix keeps in the
 * `Phoenix.Socket` that its callbacks get, and the functions of Phoenix.Channel. A function that takes any channel
 * takes a `Channel<object>`.
 */
export interface Channel<A extends object = Assigns> {
  /** The topic that was joined. */
  readonly topic: string
  /** What the client joined with, and its messages to this join carry: the join_ref, or the ref where it sent none. */
  readonly joinRef: Ref
  /** False while `join` runs, and after the end. */
  readonly joined: boolean
  /** State of this channel: starts as a copy of the socket's assigns. */
  readonly assigns: A
  /** The connection that it was joined over. */
  readonly socket: ChannelSocket
  /** The way to other topics and sockets. */
  readonly endpoint: Endpoint
  /** The log of the application; what it cannot show does not make it throw. */
  readonly log: Logger
  /** The client's message that is being handled: its ref, and the size of its frame in bytes. */
  readonly message: { readonly ref: Ref; readonly bytes: number } | undefined
  /**
   * Fires when the channel has ended, for whatever reason, or when the client is gone: at once, while what it had sent
   * is still handled. A handler that rejects with its `AbortError` then has not crashed.
   */
  readonly signal: AbortSignal
  /**
   * Whether `terminate` also runs when a second join of the client replaces this channel (its
   * reason is `shutdown:duplicate_join`). Off by default, as in Phoenix, where it is
   * `Process.flag(:trap_exit, true)`.
   */
  trapExit: boolean
  /**
   * Sends an event to this client (`push/3`). Throws `PHX_ERR_CHANNEL_NOT_JOINED` while `join` runs and
   * `PHX_ERR_SERIALIZER_ENCODE` when the payload is neither an object nor a Uint8Array, or no JSON.
   * Bytes inside an object are written as `JSON.stringify` does; send them as Base64 text instead.
   */
  push(event: string, payload: object, options?: PushOptions): void
  /** Sends an event to all members of the topic (`broadcast!/3`). Throws as `push` does. */
  broadcast(event: string, payload: object, options?: PushOptions): void
  /** Sends an event to all members of the topic but this one (`broadcast_from!/3`). Throws as `push` does. */
  broadcastFrom(event: string, payload: object, options?: PushOptions): void
  /**
   * Keeps the message in hand to reply to it later (`socket_ref/1`). Throws `PHX_ERR_CHANNEL_NO_REF` when there is
   * none, or when the client gave it no ref.
   */
  socketRef(): SocketRef
  /**
   * Replies to a kept message (`reply/2`). Does nothing once the channel has ended.
   * Throws `PHX_ERR_SERIALIZER_ENCODE` when the response is no JSON.
   */
  reply(ref: SocketRef, reply: Reply): void
  /**
   * Hands what is broadcast to another topic to `handleInfo`, until the channel ends
   * (Phoenix.Endpoint, `subscribe/2`). Subscribing twice is subscribing once, where Phoenix.PubSub
   * would deliver twice.
   */
  subscribe(topic: string): void
  /** Ends what {@link subscribe} began, however often it was called; nothing happens when it did not. */
  unsubscribe(topic: string): void
  /**
   * Runs a function as a message of its own: after the handler in hand has returned, after the
   * reply to the join when called in `join`, and never once the channel has ended or its client is gone. Others
   * have their turn in between. What `send(self(), message)` and `handle_info/2` do in Phoenix.
   */
  defer(callback: () => StopResult | Promise<StopResult>): void
  /**
   * As {@link defer}, after `ms` milliseconds (`Process.send_after/3`), however many: those of a negative
   * number are over. The timer dies with the channel. Throws `PHX_ERR_OPTION_INVALID` for no number.
   */
  setTimeout(callback: () => StopResult | Promise<StopResult>, ms: number): Timer
  /** Ends a timer of {@link setTimeout}; nothing happens when it has fired. */
  clearTimeout(timer: Timer): void
}

/** Now, or as a promise. */
export type Awaitable<T> = T | Promise<T>

// A method's parameters may be narrower than `unknown`: a handler says what it expects of its payload, as `join` does.

/** Handles an event of the client (`handle_in/3`). The payload is the client's: trust nothing in it. */
export type InHandler<A extends object> = {
  handle(payload: unknown, channel: Channel<A>): Awaitable<HandlerResult>
}['handle']

/** Handles all events of the client that come, by whatever name. Trust neither event nor payload. */
export type AnyInHandler<A extends object> = {
  handle(event: Scalar, payload: unknown, channel: Channel<A>): Awaitable<HandlerResult>
}['handle']

/** Handles an intercepted broadcast (`handle_out/3`). All members get the same payload: copy it to change it. */
export type OutHandler<A extends object> = {
  handle(payload: unknown, channel: Channel<A>): Awaitable<StopResult>
}['handle']

/**
 * What happens on a topic (Phoenix.Channel). All handlers of one join run one at a time, async ones
 * to their end; one that throws or rejects ends its channel alone.
 */
export interface ChannelDefinition<A extends object = Assigns> {
  /**
   * Keeps what is broadcast to the topics of the channel, so that clients which come back get what they missed, and
   * `app.phoenix.history` can read it. Not kept are pushes, replies, presence, data for DataChannels and `dropStale`
   * state. Default: nothing is kept.
   */
  history?: HistoryOptions
  /**
   * Decides whether the client may join. What it returns is the reply; throwing answers
   * `join crashed`. The socket handles nothing else until it is done, and what it sends meanwhile
   * follows the reply.
   */
  join(params: unknown, channel: Channel<A>): Awaitable<JoinResult>
  /**
   * The client's events by name, or one function for all of them. An event without a handler ends
   * the channel as a failure does, as in Phoenix.
   */
  handleIn?: { readonly [event: string]: InHandler<A> } | AnyInHandler<A>
  /**
   * Intercepted broadcasts by name (`intercept/1` and `handle_out/3`): such an event is not sent to
   * the client, but handed to its function, which may push it, changed or not.
   */
  handleOut?: { readonly [event: string]: OutHandler<A> }
  /** Gets the broadcasts of topics that the channel subscribed to. */
  handleInfo?(broadcast: Broadcast, channel: Channel<A>): Awaitable<StopResult>
  /**
   * Runs when the server shuts down, before the socket is closed: resolves when nothing that the
   * client waits for is under way any more. The socket waits for it as long as the drain may take.
   */
  drain?(channel: Channel<A>): Awaitable<void>
  /**
   * Runs once when a joined channel ends, after the handler in hand (`terminate/2`), and where its client has gone
   * after all that it had sent; `error` is what was
   * thrown when the reason is `error`. What it throws is logged.
   */
  terminate?(reason: TerminateReason, channel: Channel<A>, error?: unknown): Awaitable<void>
}

/**
 * Types a channel: returns its definition as it is. `A` are the assigns that `connect` returned and
 * what the channel adds to them.
 */
export function defineChannel<A extends object = Assigns>(
  definition: ChannelDefinition<A>
): ChannelDefinition {
  // Whoever runs the channel knows nothing of A, and gives it back only what it got from it.
  return definition as unknown as ChannelDefinition
}
