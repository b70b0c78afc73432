import { BadReturn } from '../errors.js'
import { isObject } from '../util/is-object.js'
import type { JoinResult, Reply, Stop, StopReason, TerminateReason } from './channel.js'

/** Why a channel ends whose topic its client joins again. */
export const duplicateJoin: TerminateReason = 'shutdown:duplicate_join'

/** An error reply whose response is `{"error": reason}`, as those of the user channel are. */
export function errorReply(error: string): Reply {
  return { status: 'error', response: { error } }
}

export function isReply(value: unknown): value is Reply {
  return isObject(value) && typeof value.status === 'string'
}

export function isStop(value: unknown): value is Stop {
  return isObject(value) && typeof value.stop === 'string'
}

/** What `join` returned. Throws `PHX_ERR_CHANNEL_BAD_RETURN` for what says neither `ok` nor `error`. */
export function joinResult(topic: string, value: unknown): JoinResult {
  if (isObject(value) && (value.status === 'ok' || value.status === 'error'))
    return value as unknown as JoinResult
  throw new BadReturn(topic, 'join')
}

/** Every stop reason that is not one of a clean end is an error, as with OTP's exit reasons. */
export function terminateReason(stop: StopReason): TerminateReason {
  if (stop === 'normal' || stop === 'shutdown') return stop
  return stop.startsWith('shutdown:') ? (stop as `shutdown:${string}`) : 'error'
}

/** Whether the end is one that the client sees as `phx_close`; it sees others as `phx_error`. */
export function isCleanEnd(reason: TerminateReason): boolean {
  return reason !== 'error'
}
