import { createCipheriv, createDecipheriv } from 'node:crypto'

// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): Node has ChaCha20-Poly1305, whose nonce is too short
// to be drawn at random. HChaCha20 makes a key of its own from the first 16 of 24 bytes of nonce.

export const keyBytes = 32
export const nonceBytes = 24
export const tagBytes = 16

const cipher = 'chacha20-poly1305'
const options = { authTagLength: tagBytes }

export interface Sealed {
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** Encrypts with a key of 32 bytes and a nonce of 24, which is used for nothing else. */
export function seal(plaintext: Buffer, key: Buffer, nonce: Buffer, associated: Buffer): Sealed {
  const { subkey, subnonce } = derive(key, nonce)
  const sealing = createCipheriv(cipher, subkey, subnonce, options)
  sealing.setAAD(associated, { plaintextLength: plaintext.length })
  const ciphertext = Buffer.concat([sealing.update(plaintext), sealing.final()])
  return { ciphertext, tag: sealing.getAuthTag() }
}

/** What was sealed; undefined when anything of it is not as it was made. */
export function open(
  { ciphertext, tag }: Sealed,
  key: Buffer,
  nonce: Buffer,
  associated: Buffer
): Buffer | undefined {
  const { subkey, subnonce } = derive(key, nonce)
  const opening = createDecipheriv(cipher, subkey, subnonce, options)
  opening.setAAD(associated, { plaintextLength: ciphertext.length }).setAuthTag(tag)
  try {
    return Buffer.concat([opening.update(ciphertext), opening.final()])
  } catch {
    return undefined
  }
}

function derive(key: Buffer, nonce: Buffer): { subkey: Buffer; subnonce: Buffer } {
  return {
    subkey: hchacha20(key, nonce.subarray(0, 16)),
    subnonce: Buffer.concat([Buffer.alloc(4), nonce.subarray(16)])
  }
}

/** Four words of "expand 32-byte k", as in every ChaCha20. */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const

/** The words that a quarter round mixes: the columns of the state, then its diagonals. */
const quarters = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14]
] as const

const doubleRounds = 10

/** A key from a key of 32 bytes and a nonce of 16: the rounds of ChaCha20 without the addition at their end. */
export function hchacha20(key: Buffer, nonce: Buffer): Buffer {
  const state = new Uint32Array(16)
  state.set(constants)
  for (let i = 0; i < 8; i++) state[4 + i] = key.readUInt32LE(i * 4)
  for (let i = 0; i < 4; i++) state[12 + i] = nonce.readUInt32LE(i * 4)
  for (let round = 0; round < doubleRounds; round++) {
    for (const [a, b, c, d] of quarters) mix(state, a, b, c, d)
  }
  const subkey = Buffer.alloc(keyBytes)
  for (let i = 0; i < 4; i++) {
    subkey.writeUInt32LE(state[i] as number, i * 4)
    subkey.writeUInt32LE(state[12 + i] as number, 16 + i * 4)
  }
  return subkey
}

/** One quarter round (RFC 8439, section 2.1). */
function mix(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  step(state, a, b, d, 16)
  step(state, c, d, b, 12)
  step(state, a, b, d, 8)
  step(state, c, d, b, 7)
}

/** Adds one word to another, then turns a third by what came out. Storing makes it 32 bits again. */
function step(state: Uint32Array, sum: number, addend: number, turned: number, bits: number): void {
  state[sum] = (state[sum] as number) + (state[addend] as number)
  const mixed = (state[turned] as number) ^ (state[sum] as number)
  state[turned] = (mixed << bits) | (mixed >>> (32 - bits))
}
