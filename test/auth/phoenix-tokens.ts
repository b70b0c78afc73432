import { readFile } from 'node:fs/promises'
import {
  createPhoenixToken,
  type PhoenixToken,
  type PhoenixTokenOptions
} from '../../lib/auth/phoenix-token.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { root } from '../fixtures/root.js'

interface SignedToken {
  name: string
  options: string
  token: string
  data: unknown
}

/** Tokens that Phoenix made. */
export interface Recorded {
  secret_key_base: string
  salt: string
  /** Seconds since 1970. */
  signed_at: number
  signed: SignedToken[]
  encrypted: { salt: string; token: string; data: unknown }
}

export async function readRecorded(): Promise<Recorded> {
  const file = new URL('test/conformance/phoenix-tokens.json', root)
  return JSON.parse(await readFile(file, 'utf8')) as Recorded
}

/** What the options of a recorded token are called here. */
export function optionsOf(name: string): Partial<PhoenixTokenOptions> {
  if (name === 'default') return {}
  return { keyDigest: 'sha512', keyIterations: 2000, keyLength: 64 }
}

export const secretKeyBase = 'a secret of the tests that is long enough to be one'

/** Tokens of one secret, on a clock that the test moves. */
export function tokensOf(options: Partial<PhoenixTokenOptions> = {}): {
  tokens: PhoenixToken
  clock: FakeClock
} {
  const clock = new FakeClock()
  return { tokens: createPhoenixToken({ secretKeyBase, salt: 'user socket', clock, ...options }), clock }
}
