/** What a token says of its owner. */
export interface VerifiedToken {
  userId: string
  /** When the token ends, in milliseconds since 1970; without it, it does not end. */
  expiresAt?: number
}

/**
 * Checks a token: whose it is and until when, or null for one that is not good. Throws only where it
 * cannot tell, for instance without the keys it needs.
 */
export type TokenVerifier<V extends VerifiedToken = VerifiedToken> = (
  token: string
) => V | null | Promise<V | null>

/**
 * Characters of the longest token that is looked at: what Node takes as the headers of a request,
 * and so longer than any that could come with a connect.
 */
export const maxTokenLength = 16_384

/** A user id is part of the topic `user:<id>`, which has 255 bytes at most in a binary frame. */
const maxUserIdBytes = 255 - 'user:'.length

/** The user that a claim or a term names: text, or a whole number in its decimal form; undefined for all else. */
export function toUserId(value: unknown): string | undefined {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) value = String(value)
  if (typeof value !== 'string' || value === '') return undefined
  return Buffer.byteLength(value) <= maxUserIdBytes ? value : undefined
}
