import type { EndpointCounters } from '../endpoint/stats.js'
import type { Turns } from '../limits/turns.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import { SharedText, wholeFrame } from '../protocol/frame.js'
import { sizeOf } from '../util/size-of.js'
import { type Backlogged, type BacklogWatch, type QueueLimits, slowAbove } from './backlog-watch.js'
import { Bursts } from './bursts.js'
import { goes, type Holder } from './held-together.js'
import { OutgoingQueue } from './outgoing-queue.js'
import { StaleFrames } from './stale-frames.js'
import { type Connection, open, type SendingWebSocket } from './websocket-connection.js'
import { QueueOf, WriteProgress, type WrittenTo } from './write-progress.js'

/** Whose writer it is. */
export interface WriterOwner {
  /** The client does not read: its connection is cut off. */
  tooSlow(waiting: number, why: string): void
}

export interface WebSocketWriterOptions {
  readonly stats: EndpointCounters
  readonly turns: Turns
  /** Finds those that do not read. */
  readonly backlogs: BacklogWatch
  readonly limits: QueueLimits
}

/** What there is of a client that does not read as quickly as it is sent to. */
interface Behind {
  readonly backlog: OutgoingQueue
  readonly bursts: Bursts
  readonly progress: WriteProgress
  /** Bytes that `ws` keeps, as far as they were counted. */
  counted: number
}

/** Bytes that a go holds together at the most: a connection whose `highWaterMark` is high would take more. */
const mostTogether = 16 * 1024

/** Bytes of small frames that are written together once a client reads on. */
const batchBytes = 64 * 1024

/** What the client itself causes belongs to no turn. */
const noTurn = -1

const asText = { binary: false } as const
const asBinary = { binary: true } as const

/**
 * Writes the frames of one WebSocket. What its connection does not take at once waits here, where frames
 * that many clients wait for are shared; where `ws` has to make the bytes, as with compression, it
 * waits there.
 */
export class WebSocketWriter implements Backlogged, Holder {
  readonly #ws: SendingWebSocket
  /** Takes whole frames; undefined where `ws` has to make them. */
  readonly #connection: Connection | undefined
  /** Where it shows what has left. */
  readonly #sent: WrittenTo
  readonly #options: WebSocketWriterOptions
  readonly #owner: WriterOwner
  #behind: Behind | undefined
  #stale: StaleFrames | undefined
  #hasEnded = false
  #listens = false
  /** The go of JavaScript in which it wrote last, and whether that was more than one frame. */
  #lastGo = 0
  #wasMany = false
  /** Frames that the connection holds together; undefined while it holds nothing. */
  #together: OutgoingFrame[] | undefined

  /** `connection` is what `ws` itself writes to, where that is known. */
  constructor(
    ws: SendingWebSocket,
    options: WebSocketWriterOptions,
    owner: WriterOwner,
    connection?: Connection
  ) {
    this.#ws = ws
    this.#owner = owner
    this.#connection = ws.extensions === '' ? connection : undefined
    this.#sent = connection ?? new QueueOf(ws)
    this.#options = options
  }

  get limits(): QueueLimits {
    return this.#options.limits
  }

  get waiting(): number {
    return this.#ws.bufferedAmount + (this.#behind?.backlog.bytes ?? 0) + (this.#stale?.bytes ?? 0)
  }

  /** As `Transport.send`. */
  send(frame: OutgoingFrame, stale?: string): void {
    if (this.#hasEnded) return
    if (stale !== undefined && this.#isSlow) this.#hold(stale, frame)
    else if (this.#behind === undefined) this.#write(frame)
    else this.#queue(this.#behind, frame)
  }

  /** `ws` has answered a ping: pongs that nobody reads are queued like everything else. */
  ponged(): void {
    const { waiting } = this
    if (waiting <= slowAbove || this.#hasEnded) return
    const { bursts } = this.#fallBehind()
    if (bursts.isExceeded(waiting, this.limits.queuedBytesMax, noTurn)) this.#cutOffFull()
  }

  /** Hands over all that waits, ahead of a close frame. */
  flush(): void {
    const backlog = this.#behind?.backlog
    while (backlog?.isEmpty === false) this.#writeAll(backlog.take(Number.POSITIVE_INFINITY))
    this.#writeStale()
  }

  /** The connection is gone. */
  end(): void {
    this.#hasEnded = true
    this.#options.backlogs.delete(this)
    this.#behind?.backlog.clear()
    this.#count(0)
    this.#behind = undefined
    this.#stale?.take()
  }

  // What the watch wants.

  get inode(): string | undefined {
    return this.#behind?.progress.inode
  }

  hasMoved(): boolean {
    return this.#behind?.progress.hasMoved() ?? false
  }

  catchUp(): void {
    const behind = this.#behind
    if (behind === undefined) return
    if (this.#connection === undefined) this.#count(this.#ws.bufferedAmount)
    else if (this.#connection.writableNeedDrain) return
    else this.#writeBacklog(behind.backlog, this.#connection)
    if (this.#ws.bufferedAmount > slowAbove) return
    this.#writeStale()
    if (!behind.backlog.isEmpty || this.#isWaiting) return
    behind.backlog.clear()
    this.#count(0)
    this.#behind = undefined
    this.#options.backlogs.delete(this)
  }

  cutOff(why: string): void {
    if (this.#hasEnded) return
    this.#owner.tooSlow(this.waiting, why)
    this.end()
    // A close frame would have to wait behind everything that is queued.
    this.#ws.terminate()
  }

  // Writing.

  #write(frame: OutgoingFrame): void {
    if (this.#ws.readyState !== open) return
    const connection = this.#connection
    if (connection !== undefined && this.#behind === undefined) return this.#writeTogether(frame, connection)
    this.#send(frame, connection)
    if (this.#isWaiting) this.#fallBehind([frame])
  }

  /**
   * Frames of one go of JavaScript go out in one write when it is over. The first goes at once where the last time there
   * was no other: most often none follows.
   */
  #writeTogether(frame: OutgoingFrame, connection: Connection): void {
    const { current } = goes
    const isFirst = current !== this.#lastGo
    if (this.#together === undefined && (!isFirst || this.#wasMany)) {
      this.#together = []
      connection.cork()
      goes.add(this)
    }
    this.#wasMany = !isFirst
    this.#lastGo = current
    const isPast = this.#send(frame, connection)
    this.#together?.push(frame)
    const isMuch = this.#together !== undefined && connection.writableLength >= mostTogether
    // What does not go out at once shows here, and costs nothing where it does.
    if (isPast && !isMuch) return
    if (this.#together !== undefined) this.letGo()
    else if (this.#isWaiting) this.#fallBehind([frame])
  }

  /** Has the connection write what it held together. */
  letGo(): void {
    const frames = this.#together
    if (frames === undefined) return
    this.#together = undefined
    this.#connection?.uncork()
    if (!this.#hasEnded && this.#isWaiting) this.#fallBehind(frames)
  }

  /** Returns whether it has certainly gone past the connection. */
  #send(frame: OutgoingFrame, connection: Connection | undefined): boolean {
    const whole = connection === undefined ? undefined : wholeFrame(frame)
    // Behind whatever `ws` has sent: without extensions it writes at once, too.
    if (connection !== undefined && whole !== undefined) return connection.write(whole)
    if (frame instanceof SharedText) this.#ws.send(frame.bytes, asText)
    else this.#ws.send(frame, typeof frame === 'string' ? asText : asBinary)
    return false
  }

  #writeAll(frames: readonly OutgoingFrame[]): void {
    for (const frame of frames) this.#write(frame)
  }

  #writeStale(): void {
    const frames = this.#stale?.take() ?? []
    // What the connection does not take of it still waits for its client.
    if (this.#connection !== undefined) this.#behind?.backlog.passed(frames)
    this.#writeAll(frames)
  }

  /** As much as goes out at once, and then as much again as the system takes. */
  #writeBacklog(backlog: OutgoingQueue, connection: Connection): void {
    backlog.settle()
    while (!backlog.isEmpty && !connection.writableNeedDrain) {
      connection.cork()
      this.#writeAll(backlog.take(batchBytes))
      connection.uncork()
    }
  }

  // Waiting.

  get #isWaiting(): boolean {
    const connection = this.#connection
    if (connection === undefined) return this.#ws.bufferedAmount > slowAbove
    return connection.writableNeedDrain && connection.writableLength > 0
  }

  get #isSlow(): boolean {
    return this.waiting > slowAbove || this.#stale?.isEmpty === false
  }

  /** The frames were written, and have not gone out. */
  #fallBehind(frames: readonly OutgoingFrame[] = []): Behind {
    this.#behind ??= this.#startBehind(frames)
    return this.#behind
  }

  #startBehind(frames: readonly OutgoingFrame[]): Behind {
    const { turns, backlogs } = this.#options
    const behind = {
      backlog: new OutgoingQueue(backlogs.memory),
      bursts: new Bursts(),
      progress: new WriteProgress(this.#sent),
      counted: 0
    }
    for (const frame of frames) behind.bursts.add(sizeOf(frame), turns.current)
    if (this.#connection !== undefined) behind.backlog.passed(frames)
    if (!this.#listens) this.#connection?.on('drain', () => this.catchUp())
    this.#listens = true
    backlogs.add(this)
    return behind
  }

  #queue({ backlog, bursts }: Behind, frame: OutgoingFrame): void {
    const turn = this.#options.turns.current
    if (bursts.isExceeded(this.waiting, this.limits.queuedBytesMax, turn)) return this.#cutOffFull()
    if (this.#connection !== undefined) {
      bursts.add(backlog.push(frame), turn)
    } else {
      const size = sizeOf(frame)
      bursts.add(size, turn)
      if (this.#sent instanceof QueueOf) this.#sent.bytesWritten += size
      this.#write(frame)
    }
  }

  #hold(key: string, frame: OutgoingFrame): void {
    const { stats, turns, backlogs } = this.#options
    const { bursts } = this.#fallBehind()
    if (bursts.isExceeded(this.waiting, this.limits.queuedBytesMax, turns.current)) return this.#cutOffFull()
    this.#stale ??= new StaleFrames(backlogs.memory)
    if (this.#stale.hold(key, frame)) stats.staleDropped++
    bursts.add(sizeOf(frame), turns.current)
  }

  #cutOffFull(): void {
    this.cutOff('more waits for its client than may')
  }

  #count(bytes: number): void {
    if (this.#behind === undefined) return
    this.#options.backlogs.memory.grow(bytes - this.#behind.counted)
    this.#behind.counted = bytes
  }
}
