import type { Readable } from 'node:stream'
import type { Clock } from '../time/clock.js'
import type { ByteBudget } from './byte-budget.js'

export interface BodyLimits {
  /** Bytes of one body; 0 is no limit. */
  readonly bodyBytes: number
  /** For the bytes of all bodies that are being read or worked off. */
  readonly budget: ByteBudget
  /** Milliseconds in which a body has to be there. */
  readonly timeoutMs: number
}

/** Why a body was not read to its end; `gone` is the client. */
export type BodyProblem = 'tooLarge' | 'tooSlow' | 'tooMuch' | 'gone'

/** Reads bodies within limits. What counts is what has come, and not what was announced. */
export class BodyReader {
  readonly #clock: Clock
  readonly #limits: BodyLimits

  constructor(clock: Clock, limits: BodyLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** A body that is given has to be released when it was worked off; with a problem nothing is held. */
  read(source: Readable, announced: number | undefined): Promise<Buffer | BodyProblem> {
    const { bodyBytes, budget, timeoutMs } = this.#limits
    const limit = bodyBytes || Number.POSITIVE_INFINITY
    if (announced !== undefined && announced > limit) return Promise.resolve('tooLarge')
    return new Promise((resolve) => {
      const pieces: Buffer[] = []
      let size = 0
      const settle = (result: Buffer | BodyProblem): void => {
        this.#clock.clearTimeout(timer)
        source.off('data', take).off('end', end).off('error', gone).off('close', gone)
        // Nobody hears of it any more, and it must not be uncaught.
        source.on('error', () => {})
        if (typeof result === 'string') budget.give(size)
        resolve(result)
      }
      const take = (piece: Buffer): void => {
        if (size + piece.length > limit) return settle('tooLarge')
        if (!budget.take(piece.length)) return settle('tooMuch')
        size += piece.length
        pieces.push(piece)
      }
      const end = (): void => settle(Buffer.concat(pieces, size))
      const gone = (): void => settle('gone')
      const timer = this.#clock.setTimeout(() => settle('tooSlow'), timeoutMs)
      source.on('data', take).on('end', end).on('error', gone).on('close', gone)
      if (source.destroyed) gone()
    })
  }

  release(body: Buffer): void {
    this.#limits.budget.give(body.length)
  }
}
