import type { Assigns, AssignsLike } from '../protocol/assigns.js'
import type { Params } from '../transport/query.js'
import { Refusal } from './admission.js'
import type { ConnectInfo } from './connect-info.js'

/**
 * What `connect` returns to refuse a client with a reason (`{:error, reason}` in Phoenix): the
 * reason goes to the mount's `errorHandler`, which answers the request.
 */
export function refuse(reason: unknown): Refusal {
  return new Refusal(reason)
}

/** What `connect` returns to refuse a client. */
export type Refused = Refusal | null | undefined | false
export type Answer = object | Refused

/**
 * Decides whether a client may connect (Phoenix.Socket, `connect/3`); see the option `connect`.
 *
 * @param params query and path parameters of the request; they are the client's, and may nest
 * @param info what the options `connectInfo` and `authToken` ask for
 */
export type Connect<A extends object = Assigns> = (
  params: Params,
  info: ConnectInfo
) => AssignsLike<A> | Refused | Promise<AssignsLike<A> | Refused>
