import { pbkdf2Sync } from 'node:crypto'
import { type Clock, systemClock } from '../time/clock.js'
import { decodeTerm, isTuple } from './erlang-decode.js'
import { encodeTerm } from './erlang-encode.js'
import { atom, type Term, tuple } from './erlang-term.js'
import { decryptMessage, encryptMessage } from './message-encryptor.js'
import { signMessage, verifyMessage } from './message-verifier.js'
import { demand, demandClock, demandOptions, isText } from './option-checks.js'
import { maxTokenLength } from './verified-token.js'

const keyDigests = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const

/** What a token is made and verified with: the same as in the Phoenix application that shares it. */
export interface PhoenixTokenOptions {
  /** The endpoint's `secret_key_base`, at least 20 bytes. */
  secretKeyBase: string
  /** The salt that the tokens are made with: `"user socket"` in Phoenix's own example. */
  salt: string
  /**
   * How long tokens are valid, in seconds; Infinity is for ever, 0 never. It is signed into the
   * tokens made here and takes the place of what other tokens say. Default: one day for those made
   * here, what they say for others.
   */
  maxAge?: number
  /** Bytes of the key (`:key_length`), from 16 to 1,024; encrypted tokens need 32. Default 32. */
  keyLength?: number
  /** Iterations of PBKDF2 (`:key_iterations`), at most 10,000,000. Default 1000. */
  keyIterations?: number
  /** Digest of PBKDF2 (`:key_digest`). Default `sha256`. */
  keyDigest?: (typeof keyDigests)[number]
  /** Where the time comes from. Default the machine's. */
  clock?: Clock
}

/** A token that is good, or why it is not: as `Phoenix.Token.verify/4` tells it. */
export type PhoenixTokenResult =
  | {
      ok: true
      data: Term
      /** Milliseconds since 1970. */
      signedAt: number
      /** When its max age is over, in milliseconds since 1970; without it, never. */
      expiresAt?: number
    }
  | { ok: false; reason: 'missing' | 'invalid' | 'expired' }

/** For one token that is made (the options of `Phoenix.Token.sign/4`). */
export interface PhoenixTokenSignOptions {
  /** The moment of signing in milliseconds since 1970; in Phoenix it is given in seconds. Default now. */
  signedAt?: number
  /** As the option of the same name, for this token. */
  maxAge?: number
}

/** For one token that is verified (the options of `Phoenix.Token.verify/4`). */
export interface PhoenixTokenVerifyOptions {
  /** As the option of the same name, for this token. */
  maxAge?: number
}

/** Makes and verifies the tokens of one secret and salt; see {@link createPhoenixToken}. */
export interface PhoenixToken {
  /**
   * Signs data into a token that clients can read and not change. Throws `PHX_ERR_AUTH_TERM_ENCODE`
   * for data that no term can be made of, and `PHX_ERR_AUTH_OPTION`.
   */
  sign(data: unknown, options?: PhoenixTokenSignOptions): string
  /**
   * The data of a signed token, or why it has none: `missing` (undefined or null), `expired`, or
   * `invalid` for all else. Throws `PHX_ERR_AUTH_OPTION` for wrong options, never for a token.
   */
  verify(token: unknown, options?: PhoenixTokenVerifyOptions): PhoenixTokenResult
  /** Encrypts data into a token that clients can neither read nor change. Throws as `sign` does. */
  encrypt(data: unknown, options?: PhoenixTokenSignOptions): string
  /** As `verify`, for an encrypted token, of plug_crypto 2 or 1. */
  decrypt(token: unknown, options?: PhoenixTokenVerifyOptions): PhoenixTokenResult
}

/** All options there are. */
export const optionNames: ReadonlySet<string> = new Set([
  'secretKeyBase',
  'salt',
  'maxAge',
  'keyLength',
  'keyIterations',
  'keyDigest',
  'clock'
])
const signNames = new Set<keyof PhoenixTokenSignOptions>(['signedAt', 'maxAge'])
const verifyNames = new Set<keyof PhoenixTokenVerifyOptions>(['maxAge'])
/** Phoenix.Token demands as many of a key that it is given as text. */
const minSecretBytes = 20
const cipherKeyBytes = 32
/**
 * 128 bits, which nobody tries one by one: an HMAC is no harder to forge than its key is to guess, however long the
 * secret it was derived from (RFC 2104, section 3).
 */
const minKeyBytes = 16
const maxKeyBytes = 1024
/** Seconds of work, which is done at once while the server starts. */
const maxIterations = 10_000_000
const defaultMaxAge = 86_400

/**
 * Tokens that `Phoenix.Token` of a Phoenix application verifies, and verification of those that it
 * makes (Phoenix 1.8 on plug_crypto 2; those of older ones are taken too). The key is derived once,
 * here.
 *
 * Throws `PHX_ERR_AUTH_OPTION` when an option is missing or wrong.
 */
export function createPhoenixToken(options: PhoenixTokenOptions): PhoenixToken {
  demandOptions(options, optionNames)
  const { secretKeyBase, salt, maxAge, clock = systemClock } = options
  const { keyLength = 32, keyIterations = 1000, keyDigest = 'sha256' } = options
  const isSecret = isText(secretKeyBase) && Buffer.byteLength(secretKeyBase) >= minSecretBytes
  demand('secretKeyBase', isSecret, `must be a string of at least ${minSecretBytes} bytes`)
  demand('salt', isText(salt), 'must be a string that is not empty')
  demandMaxAge(maxAge)
  demandWithin('keyLength', keyLength, minKeyBytes, maxKeyBytes, 'number of bytes')
  demandWithin('keyIterations', keyIterations, 1, maxIterations, 'whole number')
  demand('keyDigest', keyDigests.includes(keyDigest), `must be one of ${keyDigests.join(', ')}`)
  demandClock(clock)
  const key = pbkdf2Sync(secretKeyBase, salt, keyIterations, keyLength, keyDigest)

  const encode = (data: unknown, sign: PhoenixTokenSignOptions = {}): Buffer => {
    demandOptions(sign, signNames)
    const { signedAt = clock.date(), maxAge: age = maxAge ?? defaultMaxAge } = sign
    demandMaxAge(age)
    demand('signedAt', Number.isFinite(signedAt), 'must be a number of milliseconds')
    const signedAge = age === Number.POSITIVE_INFINITY ? atom('infinity') : age
    return encodeTerm(tuple(data, Math.trunc(signedAt), signedAge))
  }

  const decode = (
    token: unknown,
    verify: PhoenixTokenVerifyOptions = {},
    open: typeof verifyMessage
  ): PhoenixTokenResult => {
    demandOptions(verify, verifyNames)
    const { maxAge: age = maxAge } = verify
    demandMaxAge(age)
    if (token === undefined || token === null) return { ok: false, reason: 'missing' }
    if (typeof token !== 'string' || token.length > maxTokenLength) return invalid
    const message = open(token, key)
    const envelope = message && readEnvelope(message)
    return envelope === undefined ? invalid : judge(envelope, age ?? envelope.maxAge, clock)
  }

  const demandCipherKey = (): void =>
    demand('keyLength', keyLength === cipherKeyBytes, `must be ${cipherKeyBytes} for encrypted tokens`)

  return {
    sign: (data, sign) => signMessage(encode(data, sign), key),
    verify: (token, verify) => decode(token, verify, verifyMessage),
    encrypt(data, sign) {
      demandCipherKey()
      return encryptMessage(encode(data, sign), key)
    },
    decrypt: (token, verify) => decode(token, verify, decryptMessage)
  }
}

const invalid: PhoenixTokenResult = { ok: false, reason: 'invalid' }

function demandWithin(name: string, value: unknown, least: number, most: number, kind: string): void {
  const isWithin = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  demand(name, isWithin, `must be a ${kind} from ${least} to ${most}`)
}

function demandMaxAge(maxAge: number | undefined): void {
  const isAge = maxAge === undefined || (typeof maxAge === 'number' && maxAge >= 0)
  demand('maxAge', isAge, 'must be a number of seconds, not negative')
}

interface Envelope {
  data: Term
  /** Milliseconds since 1970. */
  signedAt: number
  /** Seconds. */
  maxAge: number
}

/** What plug_crypto puts around the data: a tuple with the moment and, since 1.2, the max age; before 1.1 a map. */
function readEnvelope(message: Buffer): Envelope | undefined {
  let term: Term
  try {
    term = decodeTerm(message)
  } catch {
    return undefined
  }
  const [data, signedAt, maxAge = defaultMaxAge, ...rest] = fields(term, isTuple(message))
  const age = maxAge === 'infinity' ? Number.POSITIVE_INFINITY : maxAge
  if (data === undefined || typeof signedAt !== 'number' || typeof age !== 'number') return undefined
  return rest.length === 0 ? { data, signedAt, maxAge: age } : undefined
}

function fields(term: Term, isTuple: boolean): Term[] {
  if (Array.isArray(term)) return isTuple ? term : []
  const { data, signed } = Object(term) as Record<string, Term | undefined>
  return data === undefined || signed === undefined ? [] : [data, signed]
}

function judge({ data, signedAt }: Envelope, maxAge: number, clock: Clock): PhoenixTokenResult {
  const expiresAt = signedAt + Math.trunc(maxAge * 1000)
  if (maxAge <= 0 || expiresAt < clock.date()) return { ok: false, reason: 'expired' }
  return { ok: true, data, signedAt, ...(Number.isFinite(expiresAt) && { expiresAt }) }
}
