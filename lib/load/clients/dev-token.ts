import { oneLine } from '../../log/one-line.js'
import { isObject } from '../../util/is-object.js'

/** The token that the reference server gives a user for nothing while its dev login is on. */
export async function fetchDevToken(url: string, userId: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(new URL('/dev/token', url.replace(/^ws/, 'http')), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId }),
    signal
  }).catch((error: Error) => {
    // "fetch failed" alone says nothing.
    throw new Error(`POST /dev/token: ${oneLine(error.cause ?? error)}`)
  })
  if (!response.ok) throw new Error(`POST /dev/token: ${response.status}`)
  const body: unknown = await response.json()
  if (!isObject(body) || typeof body.token !== 'string') throw new Error('POST /dev/token: no token')
  return body.token
}
