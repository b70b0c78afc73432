import type { Clock } from '../time/clock.js'
import type { Tracked } from './meta.js'
import { lengthOf, type Op } from './ops.js'
import type { RemotePresences } from './remote-presences.js'
import { maxKeptLength } from './sizes.js'
import type { Slices } from './slices.js'

/** Milliseconds without anything of an answer, after which it is asked for again. */
const patienceMs = 2_000

/** Operations that are kept while what comes before them is missing. */
const maxAhead = 10_000

export interface ReplicaOptions {
  readonly clock: Clock
  readonly slices: Slices
  readonly presences: RemotePresences
  /** Asks the node for what came after a clock. */
  ask(id: number, clock: number): void
  /** Tells the node that a part of its state has come. */
  taken(id: number, index: number): void
}

/** One message of operations, of which the first one comes after `from`. */
interface Piece {
  readonly from: number
  readonly ops: readonly Op[]
}

/** A part of all presences that a node had at a clock. */
export interface StatePart {
  readonly id: number
  readonly index: number
  readonly clock: number
  readonly isLast: boolean
  readonly ops: readonly Op[]
}

/** An answer that is being waited for. */
interface Asked {
  readonly id: number
  /** When it was asked for, or the last part of it came. */
  at: number
  /** What came of the state so far; half of it is never used. */
  readonly parts: Map<string, Tracked>
  nextPart: number
}

/**
 * What one other node has told of its presences, up to a clock: what is missed is asked for, at its owner alone. They
 * are shown while the node is there, and kept while it may come back.
 */
export class Replica {
  readonly #options: ReplicaOptions
  #clock = 0
  /** The highest clock that the node was heard to have. */
  #heard = 0
  /** Whether the node is there; `new` until it has said where it stands. */
  #node: 'down' | 'new' | 'up' = 'down'
  #isShown = false
  #ahead: Piece[] = []
  #aheadOps = 0
  #aheadLength = 0
  #asked: Asked | undefined
  #askCount = 0

  constructor(options: ReplicaOptions) {
    this.#options = options
  }

  up(): void {
    this.#node = 'new'
  }

  down(): void {
    this.#node = 'down'
    this.#isShown = false
    this.#asked = undefined
    this.#dropAhead()
    this.#options.slices.add(this.#options.presences.hide())
  }

  /** A heartbeat brought the clock: what is missing then was lost on its way. */
  hear(clock: number): void {
    this.#note(clock)
    if (this.#clock < this.#heard) this.ask()
    this.#settle()
  }

  takeOps(from: number, ops: readonly Op[]): void {
    const to = from + ops.length
    this.#note(to)
    if (from > this.#clock) {
      this.#keepAhead({ from, ops })
      this.ask()
      return
    }
    this.#apply({ from, ops })
    for (let next = this.#nextAhead(); next !== undefined; next = this.#nextAhead()) this.#apply(next)
    if (this.#asked !== undefined) this.#asked.at = this.#options.clock.now()
    this.#settle()
  }

  takeState({ id, index, clock, isLast, ops }: StatePart): void {
    const asked = this.#asked
    if (asked?.id !== id || index !== asked.nextPart) return
    this.#note(clock)
    this.#options.taken(id, index)
    asked.nextPart++
    asked.at = this.#options.clock.now()
    for (const { joined } of ops) if (joined !== undefined) asked.parts.set(joined.meta.phx_ref, joined)
    if (!isLast) return
    this.#asked = undefined
    if (clock > this.#clock) {
      this.#clock = clock
      this.#options.slices.add(this.#options.presences.replaceAll(asked.parts))
    }
    for (let next = this.#nextAhead(); next !== undefined; next = this.#nextAhead()) this.#apply(next)
    this.#settle()
  }

  #note(clock: number): void {
    this.#heard = Math.max(this.#heard, clock)
    if (this.#node === 'new') this.#node = 'up'
  }

  #apply({ from, ops }: Piece): void {
    const news = ops.slice(this.#clock - from)
    if (news.length === 0) return
    this.#clock += news.length
    this.#options.slices.add(this.#options.presences.apply(news))
  }

  /** Asks for what comes after the clock, unless an answer is under way. */
  ask(): void {
    const now = this.#options.clock.now()
    if (this.#node === 'down' || (this.#asked !== undefined && now - this.#asked.at < patienceMs)) return
    this.#asked = { id: ++this.#askCount, at: now, parts: new Map(), nextPart: 0 }
    this.#options.ask(this.#asked.id, this.#clock)
  }

  /** Where nothing is missing any more, it is shown. */
  #settle(): void {
    if (this.#clock < this.#heard) return
    this.#asked = undefined
    this.#dropAhead()
    if (this.#isShown || this.#node !== 'up') return
    this.#isShown = true
    this.#options.slices.add(this.#options.presences.show())
  }

  #keepAhead(piece: Piece): void {
    this.#aheadOps += piece.ops.length
    for (const op of piece.ops) this.#aheadLength += lengthOf(op)
    // What is too much comes with an answer again.
    if (this.#aheadOps > maxAhead || this.#aheadLength > maxKeptLength) this.#dropAhead()
    else this.#ahead.push(piece)
  }

  /** One that brings something new, and that nothing is missing before. */
  #nextAhead(): Piece | undefined {
    return this.#ahead.find(({ from, ops }) => from <= this.#clock && from + ops.length > this.#clock)
  }

  #dropAhead(): void {
    this.#ahead = []
    this.#aheadOps = 0
    this.#aheadLength = 0
  }
}
