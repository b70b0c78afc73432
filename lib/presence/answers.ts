import { guard } from '../guard.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { Tracked } from './meta.js'
import { endOfPart, type Op } from './ops.js'
import type { OwnLog } from './own-log.js'
import type { ReplicationSizes } from './sizes.js'

/** Milliseconds until a part is tried again that the engine did not take, and how often that is. */
const retryMs = 50
const maxRetries = 100

/** Milliseconds that a node has to say that a part came; it asks again when it needs more. */
const patienceMs = 10_000

export interface AnswersOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly sizes: ReplicationSizes
  readonly own: OwnLog
  /** All presences of this node. */
  state(): Tracked[]
  /** Sends to one node; false where the engine does not take it. */
  send(to: string, head: AnswerHead, ops: readonly Op[]): boolean
}

/** What stands before the operations: those after a clock, or a part of a state. */
export type AnswerHead =
  | { readonly kind: 'ops'; readonly from: number }
  | {
      readonly kind: 'state'
      readonly id: number
      readonly index: number
      readonly clock: number
      readonly isLast: boolean
    }

interface Part {
  readonly head: AnswerHead
  readonly ops: readonly Op[]
}

/** What one node is being sent. */
interface Answer {
  readonly id: number
  readonly parts: Iterator<Part>
  /** How many may be under way. */
  readonly window: number
  /** The part that the engine did not take. */
  held: Part | undefined
  retries: number
  sent: number
  taken: number
  timer: Timer | undefined
}

/**
 * Answers nodes that missed something: with the operations, or where there are too many with all presences. In parts,
 * one in each turn of the event loop, and of a state no more at once than who gets it has room for.
 */
export class Answers {
  readonly #options: AnswersOptions
  readonly #answers = new Map<string, Answer>()
  /** Nodes that can be sent the next part, in turn. */
  readonly #due = new Set<string>()
  #isScheduled = false
  #latest: { readonly clock: number; readonly state: readonly Tracked[] } | undefined

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** How many nodes are being answered. */
  get size(): number {
    return this.#answers.size
  }

  /** Begins anew where an answer to this node is under way. */
  ask(node: string, id: number, clock: number): void {
    const { own, sizes } = this.#options
    const { partOps, fewOps, window } = sizes
    own.flush()
    this.stop(node)
    const missed = own.since(clock)
    const isShort = missed !== undefined && (missed.length <= fewOps || missed.length <= this.#state().length)
    if (isShort) {
      this.#begin(node, id, opsAfter(clock, missed, partOps), Number.POSITIVE_INFINITY)
    } else {
      this.#begin(node, id, stateAt(id, own.sent, this.#state(), partOps), window)
    }
  }

  /** A node has got a part of a state. */
  taken(node: string, id: number, index: number): void {
    const answer = this.#answers.get(node)
    if (answer?.id !== id) return
    answer.taken = Math.max(answer.taken, index + 1)
    this.#schedule(node)
  }

  /** Nothing more goes to the node. */
  stop(node: string): void {
    const answer = this.#answers.get(node)
    if (answer === undefined) return
    this.#answers.delete(node)
    this.#due.delete(node)
    this.#stopTimer(answer)
    if (this.#answers.size === 0) this.#latest = undefined
  }

  close(): void {
    for (const node of [...this.#answers.keys()]) this.stop(node)
  }

  /** Many nodes that ask at once, as they do after a split, share one list. */
  #state(): readonly Tracked[] {
    const { own, state } = this.#options
    if (this.#latest?.clock !== own.sent) this.#latest = { clock: own.sent, state: state() }
    return this.#latest.state
  }

  #begin(node: string, id: number, parts: Iterator<Part>, window: number): void {
    const answer: Answer = {
      id,
      parts,
      window,
      held: undefined,
      retries: 0,
      sent: 0,
      taken: 0,
      timer: undefined
    }
    this.#answers.set(node, answer)
    this.#schedule(node)
  }

  #sendNext(node: string): void {
    const answer = this.#answers.get(node)
    if (answer === undefined) return
    this.#stopTimer(answer)
    if (answer.sent - answer.taken >= answer.window) return this.#wait(node, answer)
    const part = answer.held ?? (answer.parts.next().value as Part | undefined)
    if (part === undefined) return this.stop(node)
    if (this.#options.send(node, part.head, part.ops)) {
      answer.held = undefined
      answer.retries = 0
      answer.sent++
      this.#schedule(node)
    } else if (answer.retries++ < maxRetries) {
      answer.held = part
      this.#wait(node, answer)
    } else {
      this.stop(node)
    }
  }

  #schedule(node: string): void {
    this.#due.add(node)
    this.#run()
  }

  #run(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(guard(this.#options.log, 'presences could not be sent', () => this.#turn()))
  }

  /** One part, whoever it is for: many that are answered at once take longer, and nothing else does. */
  #turn(): void {
    this.#isScheduled = false
    const [node] = this.#due
    if (node === undefined) return
    this.#due.delete(node)
    if (this.#due.size > 0) this.#run()
    this.#sendNext(node)
  }

  #wait(node: string, answer: Answer): void {
    const isHeld = answer.held !== undefined
    const then = isHeld ? () => this.#sendNext(node) : () => this.stop(node)
    answer.timer = this.#options.clock.setTimeout(then, isHeld ? retryMs : patienceMs)
    answer.timer.unref()
  }

  #stopTimer(answer: Answer): void {
    if (answer.timer !== undefined) this.#options.clock.clearTimeout(answer.timer)
    answer.timer = undefined
  }
}

/** Also where there are none: the node learns that it has missed nothing. */
function* opsAfter(clock: number, ops: readonly Op[], partOps: number): Generator<Part> {
  let start = 0
  do {
    const end = endOfPart(ops, start, partOps)
    yield { head: { kind: 'ops', from: clock + start }, ops: ops.slice(start, end) }
    start = end
  } while (start < ops.length)
}

function* stateAt(id: number, clock: number, state: readonly Tracked[], partOps: number): Generator<Part> {
  let at = 0
  let index = 0
  do {
    const ops = state.slice(at, at + partOps).map((joined): Op => ({ left: '', joined }))
    const end = endOfPart(ops, 0, partOps)
    at += end
    yield {
      head: { kind: 'state', id, index: index++, clock, isLast: at === state.length },
      ops: ops.slice(0, end)
    }
  } while (at < state.length)
}
