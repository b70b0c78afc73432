import type { Clock, Timer } from '../../time/clock.js'

/** What a request of a client was answered with by the node that holds its session. */
export type Outcome =
  | { readonly is: 'answer'; readonly size: number; readonly bytes: Buffer }
  | { readonly is: 'status'; readonly status: number; readonly ends: boolean }
  /** There is no such session, or its node does not answer. */
  | { readonly is: 'gone' }
  /** The node has said nothing for longer than it may. */
  | { readonly is: 'late' }
  /** Nobody waits any more: the client has gone, or this node goes. */
  | { readonly is: 'ended' }

/** Milliseconds that a node has to say that a request has come. */
const takenWithinMs = 1_600

/** And those behind them, for what came while this node itself stood still, which is read first. */
const graceMs = 150

/** Milliseconds that one has which has said goodbye: it answers what waits when it goes. */
const goodbyeMs = 250

/** A request that was handed to another node, and waits for what comes of it. */
export class Asked {
  readonly node: string
  readonly is: 'poll' | 'post'
  readonly outcome: Promise<Outcome>
  readonly #clock: Clock
  /** Milliseconds that the node may say nothing once the request has come. */
  readonly #silenceMs: number
  #settle: (outcome: Outcome) => void = () => {}
  #timer: Timer

  constructor(
    { node, is, silenceMs }: { node: string; is: 'poll' | 'post'; silenceMs: number },
    clock: Clock,
    onEnd: () => void
  ) {
    this.node = node
    this.is = is
    this.#clock = clock
    this.#silenceMs = silenceMs
    this.#timer = clock.setTimeout(() => this.#wait(graceMs, { is: 'gone' }), takenWithinMs)
    this.outcome = new Promise((resolve) => {
      this.#settle = (outcome) => {
        clock.clearTimeout(this.#timer)
        onEnd()
        resolve(outcome)
      }
    })
  }

  /** The node works on it. */
  taken(): void {
    this.#wait(this.#silenceMs, { is: 'late' })
  }

  /** The node is not there any more. */
  lost(hasSaidGoodbye: boolean): void {
    if (hasSaidGoodbye) this.#wait(goodbyeMs, { is: 'gone' })
    else this.settle({ is: 'gone' })
  }

  settle(outcome: Outcome): void {
    this.#settle(outcome)
  }

  #wait(ms: number, outcome: Outcome): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = this.#clock.setTimeout(() => this.settle(outcome), ms)
  }
}
