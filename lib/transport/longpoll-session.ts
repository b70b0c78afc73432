import type { EndpointCounters } from '../endpoint/stats.js'
import type { Limits } from '../limits/limits.js'
import type { Turns } from '../limits/turns.js'
import { closeCodes } from '../protocol/constants.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { sizeOf } from '../util/size-of.js'
import type { Backlogged, BacklogWatch, QueueLimits } from './backlog-watch.js'
import { Bursts } from './bursts.js'
import { OutgoingQueue } from './outgoing-queue.js'
import type { AnswerWatch, PollAnswer, WaitingPoll } from './poll-answer.js'
import { PostGate } from './post-gate.js'
import { StaleFrames } from './stale-frames.js'
import { type Receiver, type Transport, tellSlowClient } from './transport.js'

export interface LongPollSettings {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: EndpointCounters
  readonly turns: Turns
  /** Finds those that do not poll. */
  readonly backlogs: BacklogWatch
  /**
   * Milliseconds that a poll waits for a message, and a POST for its messages to be taken. A session
   * that is not polled for one and a half times as long ends.
   */
  readonly windowMs: number
  /** `frameBytes` are those of one message, and `queuedBytes` those of one answer, too. */
  readonly limits: QueueLimits & Pick<Limits, 'frameBytes'>
}

/** Bytes that may wait for the next poll before the session is watched. */
const watchedAbove = 64 * 1024

/** One client that polls, as the connection under a socket (Phoenix.Transports.LongPoll.Server). */
export class LongPollSession implements Transport, Backlogged {
  readonly name = 'longpoll'
  readonly token: string
  readonly #settings: LongPollSettings
  readonly #onEnd: () => void
  #socket: Receiver | undefined
  /** What went out last is under way: the client polls again when it has got it, or has given up on it. */
  readonly #backlog: OutgoingQueue
  readonly #bursts = new Bursts()
  readonly #stale: StaleFrames
  #poll: WaitingPoll | undefined
  #unconfirmed: AnswerWatch | undefined
  /** The poll that will be answered soon. */
  #scheduled: WaitingPoll | undefined
  /** Messages went out since the watch has asked. */
  #wasPolled = false
  readonly #gate: PostGate
  #lastSign: number
  /** When the client last came with a request. */
  #lastActivity: number
  #askedAfter: number | undefined
  /** When it was asked in the middle of an answer; never otherwise. */
  #askedWithin = Number.POSITIVE_INFINITY
  #inactivity: Timer | undefined
  #ended = false

  constructor(token: string, settings: LongPollSettings, onEnd: () => void) {
    const { clock, windowMs, backlogs } = settings
    this.token = token
    this.#settings = settings
    this.#onEnd = onEnd
    this.#backlog = new OutgoingQueue(backlogs.memory)
    this.#stale = new StaleFrames(backlogs.memory)
    this.#gate = new PostGate(clock, windowMs)
    this.#lastSign = clock.now()
    this.#lastActivity = this.#lastSign
    this.#watch()
  }

  /** Starts to hand what is posted to the socket. */
  attach(socket: Receiver): void {
    this.#socket = socket
  }

  // What the client does.

  /**
   * Waits for messages, one window at the most; whoever polls again has given up the poll that still waits. `watch` is
   * asked when the next poll comes, which gets what was lost first. What has left on a connection that did not break
   * counts as received: a client that reads an answer and breaks its connection then gets it twice.
   */
  poll(watch: AnswerWatch): Promise<PollAnswer> {
    const { clock, windowMs } = this.#settings
    this.#lastSign = clock.now()
    this.#lastActivity = this.#lastSign
    this.#answer([])
    this.#confirm()
    if (this.#ended) return Promise.resolve([])
    return new Promise((answer) => {
      const timer = clock.setTimeout(() => this.#answer(this.#take()), windowMs)
      this.#poll = { answer, watch, timer }
      if (!this.#isEmpty) this.#scheduleAnswer()
    })
  }

  /** To be waited for ahead of a poll: what became of the last answer is being found out. */
  get undecided(): Promise<void> | undefined {
    return this.#unconfirmed?.decided?.()
  }

  #confirm(): void {
    if (this.#unconfirmed?.isLost()) this.#backlog.takeBack()
    else this.#backlog.settle()
    this.#unconfirmed = undefined
    if (this.#isEmpty) this.#bursts.clear()
  }

  /** The client of the poll that waits went away. */
  abandonPoll(): void {
    if (this.#poll === undefined) return
    this.#settings.clock.clearTimeout(this.#poll.timer)
    this.#poll = undefined
  }

  /** An answer is through, or its connection is gone: it is the client's turn from here on. */
  answerOver(): void {
    this.#lastSign = this.#settings.clock.now()
  }

  /** Hands a message over, in the order in which they came; resolves to whether it was taken within the window. */
  async receive(data: Buffer, isBinary: boolean): Promise<boolean> {
    this.#lastActivity = this.#settings.clock.now()
    if (!this.#gate.isOpen && !(await this.#waited(this.#gate.pass()))) return false
    const { frameBytes } = this.#settings.limits
    if (frameBytes > 0 && data.length > frameBytes) this.#socket?.reject(closeCodes.tooBig)
    else this.#socket?.receive(data, isBinary)
    if (this.#ended) return false
    const taken = this.#socket?.taken()
    return taken === undefined || this.#waited(this.#gate.within(taken))
  }

  /** Whoever waited for the server could do nothing else. */
  async #waited(wait: Promise<boolean>): Promise<boolean> {
    const isInTime = await wait
    this.#lastSign = this.#settings.clock.now()
    return isInTime && !this.#ended
  }

  // What a client wants to know that needs its place.

  get lastActivity(): number {
    return this.#lastActivity
  }

  /** A poll that waits is answered: a client that is there polls again at once, or comes within the time. */
  probe(): void {
    this.#askedAfter = this.#lastActivity
    const isAnswered = this.#poll === undefined && this.#unconfirmed !== undefined
    this.#askedWithin = isAnswered ? this.#settings.clock.now() : Number.POSITIVE_INFINITY
    this.#answer(this.#take())
  }

  get isAlive(): boolean {
    if (this.#lastActivity !== this.#askedAfter) return true
    // Who still takes an answer in comes again when it is through.
    return Number.isFinite(this.#askedWithin) && (this.#answerMoves() || this.#lastSign > this.#askedWithin)
  }

  // What the socket does.

  send(frame: OutgoingFrame, stale?: string): void {
    // There is nothing in an answer that bytes could be.
    if (this.#ended || frame instanceof Buffer) return
    const { stats, backlogs, turns, limits } = this.#settings
    const turn = turns.current
    if (this.#bursts.isExceeded(this.waiting, limits.queuedBytesMax, turn)) {
      return this.cutOff('more waits for its client than may')
    }
    if (stale === undefined) this.#bursts.add(this.#backlog.push(frame), turn)
    else {
      if (this.#stale.hold(stale, frame)) stats.staleDropped++
      this.#bursts.add(sizeOf(frame), turn)
    }
    if (this.#poll !== undefined) this.#scheduleAnswer()
    if (this.waiting > watchedAbove) backlogs.add(this)
  }

  /** There is no close frame: the poll that waits is answered, and the next one finds no session. */
  close(): void {
    this.#end()
  }

  /** A client that posts faster than its messages are handled waits for the answers to its POSTs. */
  pause(): void {
    this.#gate.close()
  }

  resume(): void {
    this.#gate.open()
  }

  // What the watch wants.

  get limits(): QueueLimits {
    return this.#settings.limits
  }

  get waiting(): number {
    return this.#backlog.bytes + this.#stale.bytes
  }

  catchUp(): void {
    if (this.waiting <= watchedAbove) this.#settings.backlogs.delete(this)
  }

  hasMoved(): boolean {
    const wasPolled = this.#wasPolled
    this.#wasPolled = false
    return this.#answerMoves() || wasPolled
  }

  cutOff(why: string): void {
    const { stats, log } = this.#settings
    if (this.#ended) return
    stats.slowClosed++
    log.warn({ waiting: this.waiting }, `ending a long-poll session: ${why}`)
    tellSlowClient(this.#socket, this.waiting, why)
    this.#socket?.close(closeCodes.policyViolation, 'closed')
  }

  // Answers.

  get #isEmpty(): boolean {
    return this.#backlog.isEmpty && this.#stale.isEmpty
  }

  /** Answers a turn later: with what else is sent meanwhile, and not at all when the client turns out to be gone. */
  #scheduleAnswer(): void {
    const poll = this.#poll
    if (this.#scheduled === poll) return
    this.#scheduled = poll
    setImmediate(() =>
      setImmediate(() => {
        if (this.#scheduled === poll) this.#scheduled = undefined
        if (this.#poll === poll) this.#answer(this.#take())
      })
    )
  }

  #answer(messages: PollAnswer): void {
    const poll = this.#poll
    if (poll === undefined) return
    this.abandonPoll()
    this.#lastSign = this.#settings.clock.now()
    if (messages.length > 0) {
      this.#unconfirmed = poll.watch
      this.#wasPolled = true
    }
    poll.answer(messages)
  }

  /** Not everything at once, as the client takes in nothing of an answer that breaks off or takes too long. */
  #take(maxBytes = this.limits.queuedBytes): PollAnswer {
    for (const frame of this.#stale.take()) this.#backlog.push(frame)
    return this.#backlog.take(maxBytes || Number.POSITIVE_INFINITY).map(String)
  }

  #answerMoves(): boolean {
    if (!this.#unconfirmed?.hasMoved()) return false
    this.#lastSign = this.#settings.clock.now()
    return true
  }

  // The end.

  #watch(): void {
    const { clock, windowMs } = this.#settings
    const patience = windowMs * 1.5
    this.#inactivity = clock.setTimeout(() => {
      const isThere = this.#poll !== undefined || this.#gate.isBusy || this.#answerMoves()
      const lastSign = Math.max(this.#lastSign, this.#socket?.lastJoining ?? 0)
      if (isThere || clock.now() - lastSign <= patience) return this.#watch()
      this.#end()
      this.#socket?.transportClosed(false)
    }, patience)
    this.#inactivity.unref()
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#inactivity !== undefined) this.#settings.clock.clearTimeout(this.#inactivity)
    // No other poll will find the session.
    if (this.#poll !== undefined) this.#answer(this.#take(0))
    this.#settings.backlogs.delete(this)
    this.#backlog.clear()
    this.#stale.take()
    this.#unconfirmed = undefined
    this.#gate.open()
    this.#onEnd()
  }
}
