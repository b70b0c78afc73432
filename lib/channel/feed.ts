import type { Sender } from '../history/store.js'
import { isBinary } from '../protocol/message.js'
import type { Delivery } from '../pubsub/delivery.js'
import { Queue } from '../util/queue.js'
import type { ChannelHost } from './host.js'

/** Bytes that may wait for a client before more of what it missed is sent. */
const pauseAbove = 256 * 1024

/** Milliseconds until it is looked at again: longer each time. */
const pauseMs = { first: 50, longest: 800 }

/** Whose topic it is: what a feed asks of its channel. */
export interface FeedOwner {
  readonly socket: ChannelHost
  /** Whether the application handles broadcasts of that event. */
  intercepts(event: string): boolean
  /** Has it handle one; {@link Feed.handled} is called when it has. */
  intercept(delivery: Delivery): void
  /** More came than may wait. */
  overflowed(): void
  /** One is missing ahead of what came. */
  lost(): void
  /** A serializer of the application has no frame for what is to be sent. */
  crash(error: unknown): void
}

interface Waiting {
  readonly delivery: Delivery
  /** The client has sent it itself. */
  readonly isOwn: boolean
  readonly bytes: number
  /** It came while the client was away. */
  readonly isMissed: boolean
}

/**
 * The broadcasts of a topic with history on their way to a client that counts them: each once and in order, also
 * where the application handles some of them, or some were missed. What takes its time leaves room for others.
 */
export class Feed {
  /** What its `broadcastFrom` is kept with, where the client has said what it is called. */
  readonly sender: Sender | undefined
  readonly #owner: FeedOwner
  readonly #waiting = new Queue<Waiting>()
  /** Of the last one that was taken; what is not behind it was. */
  #last = 0
  /** What comes waits for what was missed. */
  #isHeld = true
  /** The application handles one. */
  #isHandling = false
  #pauseMs = pauseMs.first
  /** What was missed counts as waiting for the client: it has not read what came ahead. */
  #isHeldBack = false
  /** It goes on by itself later. */
  #isScheduled = false
  /** Nothing new is handled, and what waits does not wait for its client any more. */
  #isFinishing = false
  /** Nobody is there to be sent anything. */
  #isClientGone = false
  #hasEnded = false

  constructor(owner: FeedOwner, client: string | undefined) {
    this.#owner = owner
    this.sender = client === undefined ? undefined : { user: owner.socket.id, client }
  }

  /** Begins with what was missed, ahead of what has come by now; `last` is the offset ahead of all of it. */
  start(missed: readonly Delivery[], last: number): void {
    const early = this.#waiting.clear()
    this.#isHeld = false
    this.#last = last
    // Others hold these, too: they take no room of their own.
    for (const delivery of missed)
      this.#keep({ delivery, isOwn: this.#isOwn(delivery), bytes: 0, isMissed: true })
    let isGap = false
    for (const waiting of early) {
      const offset = offsetOf(waiting.delivery)
      isGap ||= offset > this.#last + 1
      if (offset > this.#last && !isGap) this.#keep(waiting)
      else this.#release(waiting)
    }
    if (isGap) this.#owner.lost()
    else this.#goOn()
  }

  /** Takes a broadcast that comes. */
  take(delivery: Delivery, isOwn = this.#isOwn(delivery)): void {
    const offset = offsetOf(delivery)
    if (this.#hasEnded || offset <= this.#last) return
    // Going on without it would lose it for good: the next position that the client says is behind it.
    if (!this.#isHeld && offset > this.#last + 1) return this.#owner.lost()
    if (this.#isFinishing && this.#owner.intercepts(delivery.broadcast.event)) {
      this.#last = offset
      return
    }
    if (this.#isHeld || this.#isHandling || this.#waiting.length > 0) return this.#wait(delivery, isOwn)
    this.#last = offset
    this.#hand(delivery, isOwn)
  }

  /** The application has handled the one that it had. */
  handled(delivery: Delivery): void {
    if (this.#hasEnded) return
    this.#isHandling = false
    if (!this.#isClientGone) this.#sendPosition(delivery)
    this.#goOn()
  }

  /** Its channel is to end: the application handles what has come so far, one after the other. */
  finish(isClientGone: boolean): void {
    this.#isFinishing = true
    this.#isClientGone = isClientGone
    this.#goOn()
  }

  /** Nothing more is sent. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#isHeld = false
    for (const waiting of this.#waiting.clear()) this.#release(waiting)
  }

  #isOwn({ kept }: Delivery): boolean {
    const { sender } = this
    const of = kept?.sender
    return sender !== undefined && of !== undefined && of.client === sender.client && of.user === sender.user
  }

  #keep(waiting: Waiting): void {
    this.#last = offsetOf(waiting.delivery)
    this.#waiting.push(waiting)
  }

  #wait(delivery: Delivery, isOwn: boolean): void {
    const { backlog, mailboxLimit } = this.#owner.socket
    const { bytes } = delivery
    const isFull = mailboxLimit > 0 && this.#waiting.length >= mailboxLimit
    if (isFull || !backlog.add(bytes, 0)) this.#owner.overflowed()
    else this.#keep({ delivery, isOwn, bytes, isMissed: false })
  }

  #release({ delivery, bytes, isMissed }: Waiting): void {
    const { socket } = this.#owner
    if (bytes > 0) socket.backlog.remove(bytes, 0)
    if (isMissed && this.#isHeldBack) socket.letGo(delivery)
  }

  #goOn(): void {
    while (!this.#isHandling && this.#waiting.length > 0) {
      // At the end the mailbox alone says what is left, and leaves others their turns.
      if (!this.#isFinishing && this.#hasToWait()) return
      const waiting = this.#waiting.shift() as Waiting
      this.#release(waiting)
      this.#handWaiting(waiting)
    }
  }

  /** Whether it goes on by itself later. */
  #hasToWait(): boolean {
    const { socket } = this.#owner
    if (this.#isScheduled) return true
    if (socket.queuedBytes > pauseAbove) {
      this.#pause()
      return true
    }
    this.#pauseMs = pauseMs.first
    if (socket.turns.isSpent) this.#later((goOn) => socket.turns.later(goOn))
    return this.#isScheduled
  }

  /** What was missed and has no frame would fail at each return: its position has to do. */
  #handWaiting({ delivery, isOwn, isMissed }: Waiting): void {
    const isForClient = isOwn || !this.#owner.intercepts(delivery.broadcast.event)
    // Who joins anew begins behind what was missed.
    const isOfNoUse = this.#isClientGone || (this.#isFinishing && isMissed)
    if (isForClient && isOfNoUse) return
    try {
      this.#hand(delivery, isOwn)
    } catch (err) {
      if (isMissed) this.#sendPosition(delivery)
      else this.#owner.crash(err)
    }
  }

  /** From where nobody catches what a serializer of the application throws: the mailbox, or a later turn. */
  #sendPosition(delivery: Delivery): void {
    const { socket } = this.#owner
    try {
      socket.send(delivery.counted.position(socket.serializer))
    } catch (err) {
      this.#owner.crash(err)
    }
  }

  /** Waits for its client to read. */
  #pause(): void {
    this.#holdBack()
    const ms = this.#pauseMs
    this.#pauseMs = Math.min(2 * ms, pauseMs.longest)
    this.#later((goOn) => this.#owner.socket.clock.setTimeout(goOn, ms))
  }

  /** Others hold what was missed, too, until it leaves the history: then it is there for those who wait alone. */
  #holdBack(): void {
    if (this.#isHeldBack) return
    this.#isHeldBack = true
    const { socket } = this.#owner
    for (const { delivery, isMissed } of this.#waiting)
      if (isMissed) socket.holdBack(delivery, delivery.bytes)
  }

  #later(schedule: (goOn: () => void) => unknown): void {
    this.#isScheduled = true
    schedule(() => {
      this.#isScheduled = false
      this.#goOn()
    })
  }

  #hand(delivery: Delivery, isOwn: boolean): void {
    const { socket } = this.#owner
    const { serializer } = socket
    const { event, payload } = delivery.broadcast
    if (isOwn) socket.send(delivery.counted.position(serializer))
    else if (this.#owner.intercepts(event)) {
      this.#isHandling = true
      this.#owner.intercept(delivery)
    } else if (isBinary(payload)) {
      if (serializer.binary) socket.send(delivery.frame(serializer))
      socket.send(delivery.counted.position(serializer))
    } else socket.send(delivery.counted.numbered(serializer))
  }
}

const offsetOf = ({ kept }: Delivery): number => kept?.offset ?? 0
