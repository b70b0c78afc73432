import type { Clock, Timer } from '../../time/clock.js'
import type { PieceMessage } from './message.js'

/** Bytes of a piece: less than any engine takes in one message. */
export const pieceBytes = 256 * 1024

/** Pieces that are asked for at once. */
const piecesAhead = 4

/** Milliseconds without a piece after which what is missing is asked for again, and how often. */
const stallMs = 400
const maxStalls = 4

/** Milliseconds that something is kept for a node that does not ask for it. */
const keptMs = 5_000

type Send = (to: string, message: PieceMessage, bytes?: Uint8Array) => void

/** What is to be fetched here. */
interface Offer {
  readonly bytes: Buffer
  timer: Timer
}

/** What is being fetched. */
interface Fetch {
  readonly from: string
  readonly bytes: Buffer
  /** Where the pieces begin that were asked for and are missing, in their order. */
  readonly missing: Set<number>
  /** Where the next one begins that was not asked for. */
  next: number
  stalls: number
  timer: Timer | undefined
  done(bytes: Buffer | undefined): void
}

/**
 * Bytes that go from node to node in pieces, as the one that gets them asks for them: it decides how many are under way,
 * and what was lost is asked for again.
 */
export class Parcels {
  readonly #of: PieceMessage['of']
  readonly #clock: Clock
  readonly #send: Send
  readonly #offers = new Map<string, Offer>()
  readonly #fetches = new Map<string, Fetch>()

  constructor(of: PieceMessage['of'], clock: Clock, send: Send) {
    this.#of = of
    this.#clock = clock
    this.#send = send
  }

  /** How many are kept for others, and how many are fetched. */
  get size(): number {
    return this.#offers.size + this.#fetches.size
  }

  /** Keeps bytes until they were fetched, or nobody does. */
  offer(node: string, id: number, bytes: Buffer): void {
    const key = keyOf(node, id)
    this.drop(node, id)
    this.#offers.set(key, { bytes, timer: this.#keep(key) })
  }

  /** Nobody will fetch it any more. */
  drop(node: string, id: number): void {
    const key = keyOf(node, id)
    const offer = this.#offers.get(key)
    if (offer === undefined) return
    this.#clock.clearTimeout(offer.timer)
    this.#offers.delete(key)
  }

  /** Resolves to what the node keeps, or to undefined where it does not come. */
  fetch(from: string, id: number, size: number): Promise<Buffer | undefined> {
    const key = keyOf(from, id)
    return new Promise((resolve) => {
      const fetch: Fetch = {
        from,
        bytes: Buffer.allocUnsafe(size),
        missing: new Set(),
        next: 0,
        stalls: 0,
        timer: undefined,
        done: (bytes) => {
          if (fetch.timer !== undefined) this.#clock.clearTimeout(fetch.timer)
          this.#fetches.delete(key)
          resolve(bytes)
        }
      }
      this.#fetches.set(key, fetch)
      for (let i = 0; i < piecesAhead; i++) this.#askForNext(fetch, id)
      this.#watch(fetch, id)
    })
  }

  /** Nothing more comes of a node. */
  lost(node: string): void {
    for (const fetch of [...this.#fetches.values()]) if (fetch.from === node) fetch.done(undefined)
  }

  close(): void {
    for (const { done } of [...this.#fetches.values()]) done(undefined)
    for (const { timer } of this.#offers.values()) this.#clock.clearTimeout(timer)
    this.#offers.clear()
  }

  take(from: string, { is, id, at }: PieceMessage, bytes: Buffer): void {
    if (is === 'pull') this.#give(from, id, at)
    else this.#takePiece(from, id, at, bytes)
  }

  #give(to: string, id: number, at: number): void {
    const key = keyOf(to, id)
    const offer = this.#offers.get(key)
    if (offer === undefined) return
    this.#clock.clearTimeout(offer.timer)
    offer.timer = this.#keep(key)
    this.#send(to, { is: 'piece', id, of: this.#of, at }, offer.bytes.subarray(at, at + pieceBytes))
  }

  #keep(key: string): Timer {
    const timer = this.#clock.setTimeout(() => this.#offers.delete(key), keptMs)
    timer.unref()
    return timer
  }

  #takePiece(from: string, id: number, at: number, bytes: Buffer): void {
    const fetch = this.#fetches.get(keyOf(from, id))
    const isWhole = bytes.length === Math.min(pieceBytes, (fetch?.bytes.length ?? 0) - at)
    if (!isWhole || !fetch?.missing.delete(at)) return
    fetch.bytes.set(bytes, at)
    fetch.stalls = 0
    this.#askForNext(fetch, id)
    if (fetch.missing.size === 0) fetch.done(fetch.bytes)
    else this.#watch(fetch, id)
  }

  #askForNext(fetch: Fetch, id: number): void {
    const at = fetch.next
    if (at >= fetch.bytes.length) return
    fetch.next += pieceBytes
    fetch.missing.add(at)
    this.#ask(fetch, id, at)
  }

  #ask({ from }: Fetch, id: number, at: number): void {
    this.#send(from, { is: 'pull', id, of: this.#of, at })
  }

  #watch(fetch: Fetch, id: number): void {
    if (fetch.timer !== undefined) this.#clock.clearTimeout(fetch.timer)
    fetch.timer = this.#clock.setTimeout(() => {
      if (++fetch.stalls > maxStalls) return fetch.done(undefined)
      for (const at of fetch.missing) this.#ask(fetch, id, at)
      this.#watch(fetch, id)
    }, stallMs)
  }
}

const keyOf = (node: string, id: number): string => `${id} ${node}`
