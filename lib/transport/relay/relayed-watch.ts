import type { Clock } from '../../time/clock.js'
import type { AnswerWatch } from '../poll-answer.js'

/** Milliseconds that a node has to say what became of an answer. */
const verdictMs = 1_000

/** And those behind them, for what came while this node itself stood still, which is read first. */
const graceMs = 150

/** An answer that another node writes: what that one says of it. What it does not say in time is lost. */
export class RelayedWatch implements AnswerWatch {
  /** The node that writes it, and its number there. */
  readonly node: string
  readonly id: number
  readonly #clock: Clock
  readonly #ask: () => boolean
  #isLost: boolean | undefined
  #isDecided = false
  #hasMoved = false
  #settle: (() => void) | undefined
  #deciding: Promise<void> | undefined

  /** @param ask asks the node, where it is there */
  constructor(node: string, id: number, clock: Clock, ask: () => boolean) {
    this.node = node
    this.id = id
    this.#clock = clock
    this.#ask = ask
  }

  isLost(): boolean {
    return this.#isLost !== false
  }

  hasMoved(): boolean {
    const hasMoved = this.#hasMoved
    this.#hasMoved = false
    return hasMoved
  }

  /**
   * A client may break its connection behind an answer that was written and not read, and its next poll may be here
   * before that is told. So the node is asked, which has seen it by then.
   */
  decided(): Promise<void> | undefined {
    if (this.#isDecided || this.#isLost === true) return undefined
    this.#deciding ??= this.#ask() ? this.#wait() : undefined
    return this.#deciding
  }

  /** Some of it has left. */
  moved(): void {
    this.#hasMoved = true
  }

  /** It is through, or its connection is gone. */
  over(isLost: boolean): void {
    this.#isLost = isLost
  }

  /** What the node says when it is asked, or with the next poll. */
  decide(isLost: boolean): void {
    this.#isLost = isLost
    this.#isDecided = true
    this.#settle?.()
  }

  /** The next poll came by the node that wrote it, and that knows nothing but what it has told. */
  close(): void {
    this.decide(this.isLost())
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      let timer = this.#clock.setTimeout(() => {
        timer = this.#clock.setTimeout(() => this.close(), graceMs)
      }, verdictMs)
      this.#settle = () => {
        this.#clock.clearTimeout(timer)
        resolve()
      }
    })
  }
}
