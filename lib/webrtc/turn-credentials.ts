import { createHash, createHmac } from 'node:crypto'

/** What a TURN server takes until `expiresAt`. */
export interface TurnCredentials {
  username: string
  credential: string
}

// No colon, which is the separator, and nothing that would have to be prepared (RFC 8265).
const plainId = /^[A-Za-z0-9_.@-]{1,128}$/

/**
 * Time-limited credentials as TURN servers with a shared secret check them: coturn's
 * `use-auth-secret`, from draft-uberti-behave-turn-rest-00. The username is the end of the
 * credentials in seconds since 1970, a colon and the id of the user; the credential is the username's
 * HMAC-SHA1 in base64.
 *
 * @param secret the TURN server's `static-auth-secret`
 * @param id of the user, so that the TURN server can count by it. One of more than 128 characters, or
 *   with others than letters, digits and `_.@-`, stands there as its SHA-256 in base64url.
 * @param expiresAt in milliseconds since 1970
 */
export function turnCredentials(secret: string, id: string, expiresAt: number): TurnCredentials {
  const name = plainId.test(id) ? id : createHash('sha256').update(id).digest('base64url')
  const username = `${Math.floor(expiresAt / 1000)}:${name}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
