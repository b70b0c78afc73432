import type { FetchImplementation, JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { JwksUnavailable } from '../errors.js'
import { oneLine } from '../log/one-line.js'
import type { Clock } from '../time/clock.js'
import { lazy } from '../util/lazy.js'
import { jose } from './jose.js'

/** Keys are fetched again after so long, and then must be had: an issuer takes keys back by leaving them out. */
const cacheMs = 10 * 60_000
/** A token of a key that is not in the set makes the set be fetched again, but no sooner than so long after the last time. */
const cooldownMs = 30_000
const timeoutMs = 5_000
/** After a fetch that failed the next is made no sooner, however many clients wait to be verified. */
const failurePauseMs = 1_000

/**
 * The keys that an issuer publishes, fetched when they are first needed and kept. Looking one up
 * throws `PHX_ERR_AUTH_JWKS` when they cannot be fetched or are no key set, and an error of jose's
 * when the set has none for the token.
 */
export function createJwks(uri: URL, clock: Clock): JWTVerifyGetKey {
  const keysOf = lazy(async () => {
    const { createRemoteJWKSet, customFetch } = await jose()
    return createRemoteJWKSet(uri, {
      cacheMaxAge: cacheMs,
      cooldownDuration: cooldownMs,
      timeoutDuration: timeoutMs,
      [customFetch]: pausingFetch(clock)
    })
  })
  return async (header, token) => {
    const { errors } = await jose()
    const keys = await keysOf()
    try {
      return await keys(header, token)
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) {
        throw cause
      }
      throw new JwksUnavailable(uri.href, oneLine(cause), { cause })
    }
  }
}

/** Fetches, and for a moment after a failure fails at once: clients must not become a flood to the issuer. */
function pausingFetch(clock: Clock): FetchImplementation {
  let failure: unknown
  let pausedUntil = Number.NEGATIVE_INFINITY
  return async (url, options) => {
    if (clock.now() < pausedUntil) throw failure
    try {
      return await fetchKeys(url, options)
    } catch (err) {
      failure = err
      pausedUntil = clock.now() + failurePauseMs
      throw err
    }
  }
}

async function fetchKeys(url: string, options: Parameters<FetchImplementation>[1]): Promise<Response> {
  const response = await fetch(url, options)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`answered with HTTP status ${response.status}`)
  }
  const keys = (await response.json()) as JSONWebKeySet
  const { createLocalJWKSet } = await jose()
  // What is no key set counts as a failed fetch, too.
  createLocalJWKSet(keys)
  return Response.json(keys)
}
