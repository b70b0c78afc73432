import type { SendDataOptions, SendDataResult } from '../data/message.js'
import type { DiagnosticChannel } from '../diagnostics/events.js'
import type { Meters } from '../diagnostics/meter.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { RefusalDetails, RefusalKind } from '../log/refusals.js'
import type { Assigns } from '../protocol/assigns.js'
import type { JSONSchema } from '../util/json-schema.js'
import type { Logger } from '../util/logger.js'

/** What a call came over. */
export type CallTransport = 'websocket' | 'longpoll' | 'datachannel'

/** The joined user on whose behalf hooks run: one for each join of a user channel. */
export interface HookCaller extends DiagnosticChannel {
  readonly userId: string
  /** What counts its calls. */
  readonly meters?: Meters
  readonly assigns: Assigns
  /** What the join came over; the `after_user_joined` and `after_user_left` of plugins see it. */
  readonly transport: CallTransport
  readonly log: Logger
  /** What the user has used up of their limits, over all of their sockets and peers. */
  readonly budget: UserBudget
  /** Says in the log what it was refused. */
  refused?(kind: RefusalKind, details: RefusalDetails): void
  /** Pushes an event to the caller's channel. */
  push(event: string, payload: object): void
  /**
   * Sends to the caller's DataChannel of that label, or, while none is open, as `webrtc:data` over
   * the channel; see {@link SendDataOptions}.
   */
  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult
}

/**
 * What a hook gets as its first argument. `A` are the assigns of the caller's socket that the hook relies on:
 * `call: HookCall<{ userId: string; admin: boolean }>`. Only a user channel whose assigns have them takes the hook.
 */
export interface HookCall<A extends object = Assigns> {
  /** The user that the caller's channel `user:<id>` belongs to. */
  readonly userId: string
  /** The assigns of the caller's socket. */
  readonly assigns: A
  /** The topic of the caller's channel. */
  readonly topic: string
  /** What the call came over. */
  readonly transport: CallTransport
  /**
   * Fires when the call timed out (its reason is a `PHX_ERR_HOOKS_TIMEOUT`) or the caller went away
   * (`PHX_ERR_HOOKS_CALLER_GONE`); where the call has a {@link key}, for the time alone: its caller comes back for it.
   */
  readonly signal: AbortSignal
  /**
   * What its caller named a call that is to run once, 1 to 64 characters; undefined for any other. Hand it on to what
   * knows such keys itself, as those who are paid do.
   */
  readonly key: string | undefined
  /** The log of the application. */
  readonly log: Logger
  /** Pushes an event to the caller's channel. Throws `PHX_ERR_SERIALIZER_ENCODE` as `channel.push` does. */
  push(event: string, payload: object): void
  /**
   * Sends to the caller's DataChannel of that label, or, while none is open, as `webrtc:data` over
   * the channel; returns which. Dropped and counted while the caller does not read, see
   * {@link SendDataOptions}. Throws `PHX_ERR_WEBRTC_INVALID_DATA` and `PHX_ERR_OPTION_INVALID`.
   */
  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult
  /**
   * Ends the call: the client gets `reason` as its error. Throws `PHX_ERR_HOOKS_REFUSED`, so nothing
   * after it runs; and `PHX_ERR_HOOKS_REASON` when the reason is no string.
   */
  refuse(reason: string): never
}

/** A request of a client as a transport took it apart; nothing of it is trusted. */
export interface HookRequest {
  hookPlugin: string
  fn: string
  /** As it came: missing or null means no arguments, and what is no array is the only argument. */
  args: unknown
  /** Size of the frame that carried the request, in bytes: its arguments were no larger as they came. */
  bytes: number
  transport: CallTransport
  /** Of a call that is to run once, as it came; undefined and null are none. */
  key?: unknown
}

/** A request for a typed hook as a transport took it apart; nothing of it is trusted. */
export interface RawHookRequest {
  hookPlugin: string
  fn: string
  /** The hook's request message as it was encoded. */
  raw: Uint8Array
  transport: CallTransport
  /** See {@link HookRequest.key}. */
  key?: unknown
}

/** How a call ended. Data is JSON text already, so that every transport embeds the same bytes. */
export type HookResult = { ok: true; json: string } | { ok: false; reason: string }

/** How a call with an encoded request ended: data is the encoded reply message. */
export type RawHookResult = { ok: true; raw: Uint8Array } | { ok: false; reason: string }

/**
 * A function that clients call: with the call, and the arguments that the client sent. What it
 * returns, or what its promise resolves with, is the reply.
 */
// A method's parameters may be narrower than `unknown`: a hook says what it expects of its arguments.
export type HookFunction<A extends object = Assigns> = {
  hook(call: HookCall<A>, ...args: unknown[]): unknown
}['hook']

/**
 * Hooks by the name that clients call them by. `{ ... } satisfies HookFunctions<Member>` types the call of them all.
 */
export type HookFunctions<A extends object = Assigns> = Readonly<Record<string, HookFunction<A>>>

/**
 * JSON Schemas (draft-07) of one hook. Values are never converted to fit. What a hook says of its arguments in
 * TypeScript is not checked when it is called; these are.
 */
export interface HookSchemas {
  /** One schema for each argument, of which there must be exactly as many; or one for the whole array. */
  readonly args?: JSONSchema | readonly JSONSchema[]
  /**
   * What the hook answers. Replies are encoded fastest where it is closed: a single `type` everywhere,
   * `additionalProperties: false` for objects and one schema as `items` of arrays.
   */
  readonly reply?: JSONSchema
}
