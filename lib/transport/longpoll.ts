import { randomBytes } from 'node:crypto'
import type { Clock, Timer } from '../clock.js'
import { closeCodes } from '../constants.js'
import type { Logger } from '../logger.js'
import { sizeOf } from '../size-of.js'
import type { Socket } from '../socket.js'
import type { EndpointStats } from '../stats.js'
import { StaleFrames } from './stale-frames.js'
import type { OutgoingFrame, Transport } from './transport.js'

export interface LongPollSettings {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: EndpointStats
  /**
   * Milliseconds that a poll waits for a message, and a POST for its messages to be taken. A session
   * that is not polled for one and a half times as long ends.
   */
  readonly windowMs: number
  /** Sessions that may be open at once; 0 is no limit. */
  readonly maxSessions: number
  /** Bytes of one message; 0 is no limit. */
  readonly frameBytes: number
  /** Bytes that may wait for the next poll; 0 is no limit. */
  readonly queuedBytes: number
}

/** What a poll is answered with: messages, or none within the window. */
export type PollAnswer = readonly string[]

/** Tells whether the answer to a poll was lost on its way to the client, as far as that is known by now. */
export type IsLost = () => boolean

interface WaitingPoll {
  readonly answer: (messages: PollAnswer) => void
  readonly isLost: IsLost
  readonly timer: Timer
}

/** The sessions of one mount by their tokens. */
export class LongPollSessions {
  readonly #settings: LongPollSettings
  readonly #sessions = new Map<string, LongPollSession>()

  constructor(settings: LongPollSettings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Whether there may be no further session. */
  get isFull(): boolean {
    const { maxSessions } = this.#settings
    return maxSessions > 0 && this.size >= maxSessions
  }

  get(token: unknown): LongPollSession | undefined {
    return typeof token === 'string' ? this.#sessions.get(token) : undefined
  }

  /** Starts a session; `onEnd` runs once, when it is over. */
  create(onEnd: () => void): LongPollSession {
    // Nobody can guess it, and it means nothing beyond this map, so it needs no signature.
    const token = randomBytes(32).toString('base64url')
    const session = new LongPollSession(token, this.#settings, () => {
      this.#sessions.delete(token)
      onEnd()
    })
    this.#sessions.set(token, session)
    return session
  }
}

/** One client that polls, as the connection under a socket (Phoenix.Transports.LongPoll.Server). */
export class LongPollSession implements Transport {
  readonly name = 'longpoll'
  readonly token: string
  readonly #settings: LongPollSettings
  readonly #onEnd: () => void
  #socket: Socket | undefined
  #messages: string[] = []
  readonly #stale = new StaleFrames()
  #bytes = 0
  #poll: WaitingPoll | undefined
  /** The messages that went out last. The client polls again when it has got them, or has given up on them. */
  #unconfirmed: { readonly messages: PollAnswer; readonly isLost: IsLost } | undefined
  #answerScheduled = false
  /** There while the socket is paused: the POST that came meanwhile waits for it. */
  #gate: { wait: Promise<void>; open: () => void } | undefined
  #waitsAtGate = false
  #lastPoll: number
  /** When the client last came with a request. */
  #lastActivity: number
  #askedAfter: number | undefined
  #inactivity: Timer | undefined
  #ended = false

  constructor(token: string, settings: LongPollSettings, onEnd: () => void) {
    this.token = token
    this.#settings = settings
    this.#onEnd = onEnd
    this.#lastPoll = settings.clock.now()
    this.#lastActivity = this.#lastPoll
    this.#watch()
  }

  /** Starts to hand what is posted to the socket. */
  attach(socket: Socket): void {
    this.#socket = socket
  }

  // What the client does.

  /**
   * Waits for messages, one window at the most. Whoever polls again has given up the poll that still
   * waits. `isLost` is asked when the next poll comes: what was lost is answered to that one, before
   * anything newer. What has left on a connection that did not break counts as received, for there are
   * no acknowledgements; a client that reads an answer and breaks its connection then gets it twice.
   */
  poll(isLost: IsLost): Promise<PollAnswer> {
    const { clock, windowMs } = this.#settings
    this.#lastPoll = clock.now()
    this.#lastActivity = this.#lastPoll
    this.#answer([])
    this.#takeBackLost()
    if (this.#ended) return Promise.resolve([])
    return new Promise((answer) => {
      const timer = clock.setTimeout(() => this.#answer(this.#take()), windowMs)
      this.#poll = { answer, isLost, timer }
      if (this.#messages.length > 0 || !this.#stale.isEmpty) this.#scheduleAnswer()
    })
  }

  #takeBackLost(): void {
    const unconfirmed = this.#unconfirmed
    this.#unconfirmed = undefined
    if (unconfirmed === undefined || !unconfirmed.isLost()) return
    this.#messages = [...unconfirmed.messages, ...this.#messages]
    for (const message of unconfirmed.messages) this.#bytes += sizeOf(message)
  }

  /** The client of the poll that waits went away. */
  abandonPoll(): void {
    if (this.#poll === undefined) return
    this.#settings.clock.clearTimeout(this.#poll.timer)
    this.#poll = undefined
  }

  /** Hands a message over, in the order in which they came; resolves to whether it was taken within the window. */
  async receive(data: Buffer, isBinary: boolean): Promise<boolean> {
    this.#lastActivity = this.#settings.clock.now()
    if (this.#gate !== undefined && !(await this.#passGate(this.#gate.wait))) return false
    const { frameBytes } = this.#settings
    if (frameBytes > 0 && data.length > frameBytes) this.#socket?.reject(closeCodes.tooBig)
    else this.#socket?.receive(data, isBinary)
    if (this.#ended) return false
    const taken = this.#socket?.taken()
    return taken === undefined || ((await this.#isWithinWindow(taken)) && !this.#ended)
  }

  /** Waits until the socket takes messages again; only one POST may, so that no more than its body is kept. */
  async #passGate(wait: Promise<void>): Promise<boolean> {
    if (this.#waitsAtGate) return false
    this.#waitsAtGate = true
    const isOpen = await this.#isWithinWindow(wait)
    this.#waitsAtGate = false
    return isOpen && !this.#ended
  }

  #isWithinWindow(wait: Promise<void>): Promise<boolean> {
    const { clock, windowMs } = this.#settings
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(false), windowMs)
      void wait.then(() => {
        clock.clearTimeout(timer)
        resolve(true)
      })
    })
  }

  // What a client wants to know that needs its place.

  get lastActivity(): number {
    return this.#lastActivity
  }

  /** A poll that waits is answered: a client that is there polls again at once, or comes within the time. */
  probe(): void {
    this.#askedAfter = this.#lastActivity
    this.#answer(this.#take())
  }

  get isAlive(): boolean {
    return this.#lastActivity !== this.#askedAfter
  }

  // What the socket does.

  send(frame: OutgoingFrame, stale?: string): void {
    if (this.#ended) return
    const { queuedBytes, log, stats } = this.#settings
    const bytes = this.#bytes + this.#stale.bytes
    if (queuedBytes > 0 && bytes > queuedBytes) {
      stats.slowClosed++
      log.warn({ bytes }, 'ending a long-poll session whose client does not poll')
      this.#socket?.close(closeCodes.policyViolation, 'closed')
      return
    }
    if (stale === undefined) this.#push(frame.toString())
    else if (this.#stale.hold(stale, frame)) stats.staleDropped++
    if (this.#poll !== undefined) this.#scheduleAnswer()
  }

  #push(message: string): void {
    this.#messages.push(message)
    this.#bytes += sizeOf(message)
  }

  /** There is no close frame: the poll that waits is answered, and the next one finds no session. */
  close(): void {
    this.#end()
  }

  /** A client that posts faster than its messages are handled waits for the answers to its POSTs. */
  pause(): void {
    // A second gate would leave whoever waits at the first one there.
    if (this.#gate !== undefined) return
    let open = (): void => {}
    const wait = new Promise<void>((resolve) => {
      open = resolve
    })
    this.#gate = { wait, open }
  }

  resume(): void {
    this.#gate?.open()
    this.#gate = undefined
  }

  /**
   * Answers the poll that waits one turn of the event loop later: together with whatever else is sent
   * meanwhile, and not at all when its client turns out to be gone.
   */
  #scheduleAnswer(): void {
    if (this.#answerScheduled) return
    this.#answerScheduled = true
    setImmediate(() =>
      setImmediate(() => {
        this.#answerScheduled = false
        if (this.#poll !== undefined) this.#answer(this.#take())
      })
    )
  }

  #answer(messages: PollAnswer): void {
    const poll = this.#poll
    if (poll === undefined) return
    this.abandonPoll()
    this.#lastPoll = this.#settings.clock.now()
    if (messages.length > 0) this.#unconfirmed = { messages, isLost: poll.isLost }
    poll.answer(messages)
  }

  #take(): PollAnswer {
    for (const frame of this.#stale.take()) this.#push(frame.toString())
    const messages = this.#messages
    this.#messages = []
    this.#bytes = 0
    return messages
  }

  #watch(): void {
    const { clock, windowMs } = this.#settings
    const patience = windowMs * 1.5
    this.#inactivity = clock.setTimeout(() => {
      const isWaiting = this.#poll !== undefined
      const lastActivity = Math.max(this.#lastPoll, this.#socket?.lastJoining ?? 0)
      if (!isWaiting && clock.now() - lastActivity > patience) this.#expire()
      else this.#watch()
    }, patience)
    this.#inactivity.unref()
  }

  #expire(): void {
    this.#end()
    this.#socket?.transportClosed(false)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#inactivity !== undefined) this.#settings.clock.clearTimeout(this.#inactivity)
    if (this.#poll !== undefined) this.#answer(this.#take())
    this.#messages = []
    this.#unconfirmed = undefined
    this.resume()
    this.#onEnd()
  }
}
