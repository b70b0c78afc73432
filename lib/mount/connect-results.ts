import { BadConnectResult } from '../errors.js'
import type { Assigns } from '../protocol/assigns.js'
import { describe, disown } from '../util/describe.js'
import { isRecord } from '../util/is-record.js'
import { isThenable } from '../util/thenable.js'

/** The assigns that `connect` returned. Throws `PHX_ERR_SOCKET_BAD_RETURN` when they are no object. */
export function readAssigns(value: unknown): Assigns {
  // An error that is returned where it was to be thrown must not let anybody in.
  if (isRecord(value)) return value
  throw badResult('connect', value, 'assigns, which are an object, or null')
}

/** The name that `id` returned; null when it gave none. Throws `PHX_ERR_SOCKET_BAD_RETURN`. */
export function readId(value: unknown): string | null {
  if (value === null || value === undefined) return null
  // Sockets that share a name close and count together: what is made into text by accident is one name for all.
  if (typeof value === 'string' && value !== '') return value
  throw badResult('id', value, 'text that is not empty, or null')
}

/** Times of milliseconds are larger than those of seconds by so much that they cannot be mistaken. */
const secondsUntil = 1e11

/** Hears why a token counts as over: `details` has what `expiresAt` was, `isMistake` says whose fault that is. */
export type OnOver = (details: { expiresAt: unknown }, words: string, isMistake: boolean) => void

/**
 * When a token ends, as `expiresAt` says: undefined for never, `over` for a time that has passed and
 * for what is no time: a token that cannot be dated is not good for ever.
 */
export function readEnd(value: unknown, now: number, onOver: OnOver): number | undefined | 'over' {
  if (value === null || value === undefined || value === Number.POSITIVE_INFINITY) return undefined
  if (typeof value !== 'number' || Number.isNaN(value)) {
    disown(value)
    onOver(
      { expiresAt: describe(value) },
      'expiresAt is no number of milliseconds: the token counts as over',
      true
    )
    return 'over'
  }
  if (value > now) return value
  if (value < secondsUntil && value * 1000 > now) {
    onOver(
      { expiresAt: value },
      'expiresAt is in seconds, not in milliseconds: the token counts as over',
      true
    )
  } else {
    onOver({ expiresAt: value }, 'a token is refused that is over', false)
  }
  return 'over'
}

function badResult(what: string, value: unknown, expected: string): Error {
  // Before it is looked at in any other way.
  const returned = describe(value)
  if (isThenable(value)) disown(value)
  return new BadConnectResult(what, returned, expected)
}
