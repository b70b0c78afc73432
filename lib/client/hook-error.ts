/**
 * What the client itself says of a call; every other reason is the server's, as it was on the wire.
 *
 * - `connection_lost`: what carried the call ended before the answer came; the hook may have run. A call that may be made
 *   again has it when the server has closed three sockets in a row that it was sent on.
 * - `call_timeout`: no answer within `timeoutMs`; the hook may have run. (`timeout` is the server's
 *   word for a hook that took too long.)
 * - `client_closed`: the client was closed, or its channel was left, before the answer came.
 * - `client_replaced`: another client was made for its channel, which has one at a time.
 * - `args_not_json_encodable`: the arguments have no JSON, or none that servers read; nothing was sent.
 * - `invalid_reply`: what the server answered is no answer.
 */
export type ClientReason =
  | 'connection_lost'
  | 'call_timeout'
  | 'client_closed'
  | 'client_replaced'
  | 'args_not_json_encodable'
  | 'invalid_reply'

/** A hook call that failed. */
export class HookError extends Error {
  override readonly name = 'HookError'
  /** Why, in a word: of the server (`not_found`, `overloaded`, what the hook refused with), or a {@link ClientReason}. */
  readonly reason: string
  readonly hookPlugin: string
  readonly fn: string
  /** Of a call that was to run once: with it the application may ask again, as `once`. */
  readonly key: string | undefined

  constructor(
    reason: ClientReason | (string & {}),
    hookPlugin: string,
    fn: string,
    cause?: unknown,
    key?: string
  ) {
    super(`hook ${hookPlugin}.${fn}: ${reason}`, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.hookPlugin = hookPlugin
    this.fn = fn
    this.key = key
  }
}
