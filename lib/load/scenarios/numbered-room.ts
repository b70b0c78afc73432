import type { ClientLoss } from '../measure/recoveries.js'
import type { Tally } from '../measure/tally.js'

/** A message that not all have heard yet. */
interface OpenMessage {
  readonly meantAt: number
  /** Who has not heard it, and was not told that it cannot. */
  left: number
  isHeard: boolean
}

/** The messages of a room, which one member sends, numbered from 1, and each of the others is to hear once. */
export class NumberedRoom {
  readonly tally: Tally
  readonly #open = new Map<number, OpenMessage>()
  readonly #withdrawn = new Set<number>()
  #listeners = 0
  #last = 0
  /** Called when nobody is to hear a message any more. */
  onOver: (id: number) => void = () => {}

  constructor(tally: Tally) {
    this.tally = tally
  }

  /** Number of the message that was sent last. */
  get last(): number {
    return this.#last
  }

  /** One more who is to hear all that is sent from now on. */
  listen(client: number): NumberedListener {
    this.#listeners++
    return new NumberedListener(this, client)
  }

  /** A message is sent. @returns its number */
  send(meantAt: number): number {
    this.#open.set(++this.#last, { meantAt, left: this.#listeners, isHeard: false })
    this.tally.expected += this.#listeners
    return this.#last
  }

  /** Whether somebody is to hear it still. */
  isOpen(id: number): boolean {
    return this.#open.has(id)
  }

  /** Whether nobody is to hear it, though it may come: the server may have taken it later. */
  isWithdrawn(id: number): boolean {
    return this.#withdrawn.has(id)
  }

  /** The server has not taken it: nobody is to hear it, unless somebody has. */
  withdraw(id: number, reason: string): void {
    const message = this.#open.get(id)
    if (message === undefined || message.isHeard) return
    this.#close(id)
    this.#withdrawn.add(id)
    this.tally.expected -= message.left
    this.tally.failed(reason)
  }

  /** One has heard it; `liveSince` is when that one had all that it missed before. */
  heard(id: number, liveSince: number): void {
    const message = this.#open.get(id)
    if (message === undefined) return
    message.isHeard = true
    if (message.meantAt >= liveSince) this.tally.heard(message.meantAt)
    else this.tally.heardLate()
    this.#settle(id, message)
  }

  /** One was told that it cannot have it. */
  forgo(id: number): void {
    const message = this.#open.get(id)
    if (message === undefined) return
    this.tally.expected--
    this.tally.recoveries.forgone++
    this.#settle(id, message)
  }

  #settle(id: number, message: OpenMessage): void {
    if (--message.left > 0) return
    this.#close(id)
    this.tally.completed()
  }

  #close(id: number): void {
    this.#open.delete(id)
    this.onOver(id)
  }
}

/** What one member has heard of the messages of its room. */
export class NumberedListener {
  readonly #room: NumberedRoom
  readonly #client: number
  /** The newest that it has heard. */
  #last = 0
  /** What it has not heard, though it has heard newer ones. */
  readonly #skipped = new Set<number>()
  /** Offsets that were passed over since it heard the newest, or was told that something is gone. */
  #gap = 0
  #isTold = false
  /** When it had all that it missed; infinite while it has not. */
  liveSince = 0
  #doubled = 0
  #disordered = 0
  #forgone = 0

  constructor(room: NumberedRoom, client: number) {
    this.#room = room
    this.#client = client
  }

  /** Offsets were passed over ahead of what comes next. */
  passOver(gap: number): void {
    this.#gap += gap
  }

  /** It is told that something is gone: what it has not heard until the next message, for all that it knows. */
  forgo(): void {
    this.#isTold = true
    this.#gap = 0
  }

  hear(id: number): void {
    const { tally } = this.#room
    if (id > this.#last) {
      this.#skip(id)
      this.#last = id
      this.#isTold = false
      this.#gap = 0
    } else if (this.#skipped.delete(id)) {
      // It was taken after all, and has its place behind them.
      if (this.#room.isWithdrawn(id)) return
      this.#disordered++
      tally.recoveries.disordered++
    } else {
      this.#doubled++
      tally.doubled++
      return
    }
    this.#room.heard(id, this.liveSince)
  }

  /** So far: what it has not heard yet counts as missing. */
  loss(): ClientLoss {
    let missing = 0
    for (const id of this.#skipped) missing += Number(this.#room.isOpen(id))
    for (let id = this.#last + 1; id <= this.#room.last; id++) missing += Number(this.#room.isOpen(id))
    return {
      client: this.#client,
      missing,
      doubled: this.#doubled,
      disordered: this.#disordered,
      forgone: this.#forgone
    }
  }

  /**
   * What lies between two messages is missing. Who was told that something is gone was told of all but the last of
   * them: those for which offsets were passed over after it was told.
   */
  #skip(next: number): void {
    let missing = this.#isTold ? this.#gap : next
    for (let id = next - 1; id > this.#last; id--) {
      if (this.#room.isWithdrawn(id)) this.#skipped.add(id)
      if (!this.#room.isOpen(id)) continue
      if (missing-- > 0) this.#skipped.add(id)
      else {
        this.#room.forgo(id)
        this.#forgone++
      }
    }
  }
}
