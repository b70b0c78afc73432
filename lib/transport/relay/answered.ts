import type { Clock } from '../../time/clock.js'
import { LookTimer } from '../../time/look-timer.js'
import type { AnswerWatch } from '../poll-answer.js'

/** The connection of a client whose request is relayed. */
export interface RelayedClient {
  /** Whether it has gone. */
  readonly isGone: boolean
  readonly watch: AnswerWatch
  /** Runs once, when it goes, or its answer is through; until the result is called. */
  onClose(callback: () => void): () => void
  /** Ends it: it does not read. */
  cutOff(): void
}

/** An answer of another node on its way to a client. */
interface Answered {
  readonly node: string
  readonly id: number
  readonly path: string
  readonly token: string
  readonly client: RelayedClient
  /** Milliseconds of a window of its mount. */
  readonly windowMs: number
  movedAt: number
  isOver: boolean
}

/** What the node is told that holds the session. */
export interface AnswerNews {
  moved(answered: Answered): void
  over(answered: Answered): void
}

const lookMs = 250

/** Windows that the next poll may take, and that a client may read nothing. */
const patience = 2

/**
 * The answers to relayed polls, from when they are written until the next poll: the node that holds the session is
 * told how they get along.
 */
export class Answers {
  readonly #clock: Clock
  readonly #news: AnswerNews
  readonly #timer: LookTimer
  /** The last one of each session: those that are over in the order in which they ended. */
  readonly #last = new Map<string, Answered>()
  readonly #writing = new Set<Answered>()

  constructor(clock: Clock, news: AnswerNews) {
    this.#clock = clock
    this.#news = news
    this.#timer = new LookTimer(clock, () => this.#look())
  }

  get size(): number {
    return this.#last.size + this.#writing.size
  }

  /** An answer is about to be written. `onOver` runs when it is through, or its connection has gone. */
  add(answer: Omit<Answered, 'movedAt' | 'isOver'>, onOver: () => void): void {
    const answered: Answered = { ...answer, movedAt: this.#clock.now(), isOver: false }
    this.#last.set(answered.token, answered)
    this.#writing.add(answered)
    answered.client.onClose(() => {
      answered.isOver = true
      answered.movedAt = this.#clock.now()
      this.#writing.delete(answered)
      if (this.#last.get(answered.token) === answered) {
        this.#last.delete(answered.token)
        this.#last.set(answered.token, answered)
      }
      onOver()
      this.#news.over(answered)
    })
    if (!this.#timer.isRunning) this.#timer.start(lookMs)
  }

  /** What became of the last answer to a session, which is asked once; undefined where none was written here. */
  takeLast(token: string): { id: number; isLost: boolean } | undefined {
    const answered = this.#last.get(token)
    this.#last.delete(token)
    return answered && { id: answered.id, isLost: answered.client.watch.isLost() }
  }

  close(): void {
    this.#timer.stop()
    this.#last.clear()
  }

  #look(): void {
    const now = this.#clock.now()
    for (const answered of this.#writing) {
      if (answered.client.watch.hasMoved()) {
        answered.movedAt = now
        this.#news.moved(answered)
      } else if (now - answered.movedAt > patience * answered.windowMs) answered.client.cutOff()
    }
    for (const [token, { isOver, movedAt, windowMs }] of this.#last) {
      if (!isOver) continue
      if (now - movedAt <= patience * windowMs) break
      this.#last.delete(token)
    }
    if (this.size > 0) this.#timer.start(lookMs)
  }
}
