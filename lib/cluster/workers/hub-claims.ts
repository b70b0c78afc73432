import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import type { ClaimName, ClaimStore, FoundClaim } from '../adapter.js'
import { notDone } from '../not-done.js'
import { type ClaimQuestion, decodeAnswer, encodeQuestion } from './claim-frames.js'
import type { FrameParts } from './frames.js'

interface Asked {
  resolve(found: FoundClaim | undefined): void
  reject(err: Error): void
}

/** The claims in the hub, as a worker has them. */
export class HubClaims implements ClaimStore {
  readonly #send: (frame: Buffer) => boolean
  readonly #asked = new Map<number, Asked>()
  #number = 0
  #isClosed = false

  /** @param send false where there is no connection */
  constructor(send: (frame: Buffer) => boolean) {
    this.#send = send
  }

  claim(name: ClaimName, claim: string, ttlMs: number): Promise<FoundClaim | undefined> {
    return this.#ask(name, { ask: 'claim', claim, ttlMs })
  }

  async settle(
    name: ClaimName,
    held: string,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): Promise<void> {
    await this.#ask(name, { ask: 'settle', held, claim, ttlMs, result })
  }

  async release(name: ClaimName, claim: string): Promise<void> {
    await this.#ask(name, { ask: 'release', claim })
  }

  /** The hub has answered. */
  answered(parts: FrameParts): void {
    const [number, found] = decodeAnswer(parts)
    this.#asked.get(number)?.resolve(found)
    this.#asked.delete(number)
  }

  /** The connection is lost: nobody answers what was asked. */
  lost(): void {
    this.#failAll(away())
  }

  close(): void {
    this.#isClosed = true
    this.#failAll(new ClusterClosed())
  }

  async #ask(name: ClaimName, question: ClaimQuestion): Promise<FoundClaim | undefined> {
    if (this.#isClosed) throw new ClusterClosed()
    this.#number = (this.#number + 1) >>> 0
    const number = this.#number
    if (!this.#send(encodeQuestion(number, name, question))) throw notDone(away(), 'not_sent')
    return new Promise((resolve, reject) => this.#asked.set(number, { resolve, reject }))
  }

  #failAll(err: Error): void {
    for (const { reject } of this.#asked.values()) reject(err)
    this.#asked.clear()
  }
}

const away = (): Error => new ClusterUnreachable('the hub of the workers', 'there is no connection')
