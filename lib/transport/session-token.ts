import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Bytes of the random part of a token, and of its signature. */
const idBytes = 16
const signatureBytes = 16

const form = /^([\w-]{1,64})\.([\w-]{22})\.([\w-]{22})$/

/** A secret of that size can be neither guessed nor found by trying. */
export const minSecretBytes = 32

/**
 * The tokens of long-poll sessions where there are other nodes: each names the node that holds its session, signed
 * with a secret that all nodes share, for one mount.
 */
export class SessionTokens {
  readonly #node: string
  readonly #mount: string
  readonly #secret: string | Uint8Array

  /** @param mount its path: a token is valid there alone */
  constructor(node: string, mount: string, secret: string | Uint8Array) {
    this.#node = node
    this.#mount = mount
    this.#secret = secret
  }

  /** A new token of this node. Its random part keeps it from being guessed, also by who knows the secret. */
  create(): string {
    const name = `${this.#node}.${randomBytes(idBytes).toString('base64url')}`
    return `${name}.${this.#sign(name).toString('base64url')}`
  }

  /** The node that has made the token; undefined where none has, for this mount and with this secret. */
  nodeOf(token: unknown): string | undefined {
    const [, node, id, signature] = (typeof token === 'string' && form.exec(token)) || []
    if (node === undefined) return undefined
    // Other texts may stand for the same bytes, and would be other tokens.
    const given = Buffer.from(signature as string, 'base64url')
    const isCanonical = given.toString('base64url') === signature
    return isCanonical && timingSafeEqual(given, this.#sign(`${node}.${id}`)) ? node : undefined
  }

  #sign(name: string): Buffer {
    const hmac = createHmac('sha256', this.#secret).update(`longpoll ${name} ${this.#mount}`)
    return hmac.digest().subarray(0, signatureBytes)
  }
}
