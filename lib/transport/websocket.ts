import type { Limits } from '../limits/limits.js'
import { closeCodes } from '../protocol/constants.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import { headerSize } from '../protocol/websocket-frame.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import { slowAbove } from './backlog-watch.js'
import { FairReader } from './fair-reader.js'
import { HeldBack, type HeldBackOwner } from './held-back.js'
import type { IdleWatch, Watched } from './idle-watch.js'
import { type Receiver, type Transport, tellSlowClient } from './transport.js'
import { type Connection, open, type SendingWebSocket } from './websocket-connection.js'
import { WebSocketWriter, type WebSocketWriterOptions, type WriterOwner } from './websocket-writer.js'
import { inodeOf, QueueOf } from './write-progress.js'

export type { Connection }

/** The part of a `ws` WebSocket that the transport stands on. */
export interface WebSocketLike extends SendingWebSocket {
  close(code?: number, reason?: string | Buffer): void
  ping(): void
  pause(): void
  resume(): void
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown
  on(event: 'close' | 'ping' | 'pong', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

const attached = Symbol('transport')

/** The listeners are called with the WebSocket as `this`, and find its transport there. */
type AttachedWebSocket = WebSocketLike & { [attached]: WebSocketTransport }

/** What is given back when the connection is gone. */
interface Place {
  release(): void
}

/** What all WebSockets of one mount share. */
export interface WebSocketTransportOptions extends WebSocketWriterOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Closes the sockets from which nothing comes. */
  readonly idleWatch: IdleWatch
  /** Of `frameBytes` the header is part. */
  readonly limits: WebSocketWriterOptions['limits'] & Pick<Limits, 'frameBytes'>
}

/** One WebSocket under a socket (Phoenix.Transports.WebSocket). */
export class WebSocketTransport implements Transport, Watched, WriterOwner, HeldBackOwner {
  readonly name = 'websocket'
  readonly #ws: WebSocketLike
  readonly #writer: WebSocketWriter
  readonly #connection: Connection | undefined
  /** Most clients read as quickly as they are sent to. */
  #heldBack: HeldBack | undefined
  readonly #options: WebSocketTransportOptions
  readonly #reader: FairReader
  #socket: Receiver | undefined
  #place: Place | undefined
  #lastActivity: number
  #failed = false
  /** The code of a frame that `ws` refuses, until it says why. */
  #refusedWith: number | undefined
  /** What was known of the client when it was asked for a sign of life. */
  #asked: { readonly lastActivity: number; readonly queued: number } | undefined

  /** `connection` is what `ws` itself writes to, where that is known. */
  constructor(ws: WebSocketLike, options: WebSocketTransportOptions, connection?: Connection) {
    this.#ws = ws
    this.#writer = new WebSocketWriter(ws, options, this, connection)
    this.#connection = connection
    this.#options = options
    this.#reader = new FairReader(options.turns, ws, (data, isBinary) => this.#receive(data, isBinary))
    this.#lastActivity = options.clock.now()
  }

  /** Starts to hand what arrives to the socket; gives the place back when the connection is gone. */
  attach(socket: Receiver, place?: Place): void {
    this.#socket = socket
    this.#place = place
    const ws = this.#ws as AttachedWebSocket
    ws[attached] = this
    ws.close = onClosing
    ws.on('message', onMessage)
    ws.on('ping', onPing)
    ws.on('pong', onPong)
    ws.on('close', onClose)
    ws.on('error', onError)
    this.#options.idleWatch.add(this)
  }

  // What the connection tells.

  received(data: Buffer, isBinary: boolean): void {
    this.active()
    this.#reader.message(data, isBinary)
    if (this.#reader.heldBytes > 0 && this.#socket?.isTooMuch(this.#reader.heldBytes)) this.#reader.drop()
  }

  pinged(): void {
    this.active()
    this.#reader.control()
    this.#writer.ponged()
  }

  ponged(): void {
    this.active()
    this.#reader.control()
  }

  active(): void {
    this.#lastActivity = this.#options.clock.now()
  }

  /**
   * `ws` closes by itself. It does so with a code alone for a frame that it refuses, and says so at once: the close
   * has to wait for its turn. What else it closes for, such as the close of the client, does not.
   */
  closing(code: number | undefined, reason: string | Buffer | undefined): void {
    if (code === undefined || reason !== undefined || this.#ws.readyState !== open) {
      return this.#closeNow(code, reason)
    }
    this.#refusedWith = code
    queueMicrotask(() => {
      if (this.#refusedWith !== undefined) this.#closeNow(code, reason)
    })
  }

  failed(err: Error): void {
    this.#options.log.debug({ err }, 'WebSocket failed')
    const code = this.#refusedWith
    this.#refusedWith = undefined
    // What breaks otherwise has ended the connection, and `close` follows.
    if (code === undefined) this.#failed = true
    else this.#reader.last(() => this.#socket?.reject(code))
  }

  disconnected(): void {
    this.#place?.release()
    this.#writer.end()
    this.#heldBack?.end()
    this.#reader.end(() => this.#closed())
  }

  get waiting(): number {
    return this.#writer.waiting
  }

  // What the watch wants.

  /** Who is not read cannot be heard of. */
  get lastActivity(): number {
    if (this.#reader.isPaused) this.active()
    // Who waits for the answer to a join has no reason to say anything.
    return Math.max(this.#lastActivity, this.#socket?.lastJoining ?? 0)
  }

  get inode(): string | undefined {
    return inodeOf(this.#connection)
  }

  probe(): void {
    this.#asked = { lastActivity: this.#lastActivity, queued: this.#writer.waiting }
    this.#ws.ping()
  }

  get isAlive(): boolean {
    if (this.#asked === undefined || this.#reader.isPaused) return true
    const { lastActivity, queued } = this.#asked
    if (this.#lastActivity !== lastActivity) return true
    // The ping waits behind what is queued: a client that takes that off, more than the kernel may, reads.
    return queued > slowAbove && this.#writer.waiting < queued
  }

  timedOut(): void {
    this.#socket?.close(closeCodes.protocolError, 'closed')
  }

  // What the writer tells.

  tooSlow(waiting: number, why: string): void {
    const { log, stats } = this.#options
    log.warn({ waiting, socketId: this.#socket?.id }, `closing a WebSocket: ${why}`)
    stats.slowClosed++
    this.#heldBack?.end()
    tellSlowClient(this.#socket, waiting, why)
  }

  // What the socket does.

  holdBack(held: object, bytes: number): void {
    this.#heldBack ??= new HeldBack(this, this.#options, this.#connection ?? new QueueOf(this.#ws))
    this.#heldBack.add(held, bytes)
  }

  letGo(held: object): void {
    this.#heldBack?.delete(held)
  }

  cutOff(why: string): void {
    this.#writer.cutOff(why)
  }

  send(frame: OutgoingFrame, stale?: string): void {
    this.#writer.send(frame, stale)
  }

  close(code: number, reason?: string): void {
    // A client that was paused has to be read again, to see its side of the close.
    this.#reader.resume()
    this.#writer.flush()
    this.#closeNow(code, reason)
  }

  pause(): void {
    this.#reader.pause()
  }

  resume(): void {
    this.active()
    this.#reader.resume()
  }

  handOver(): void {
    this.#reader.handOver()
  }

  #closeNow(code?: number, reason?: string | Buffer): void {
    // From here on it is the one of `ws` again.
    Reflect.deleteProperty(this.#ws, 'close')
    this.#ws.close(code, reason)
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const { frameBytes } = this.#options.limits
    if (frameBytes > 0 && frameSize(data.length) > frameBytes) this.#socket?.reject(closeCodes.tooBig)
    else this.#socket?.receive(data, isBinary)
  }

  #closed(): void {
    this.#options.idleWatch.delete(this)
    this.#socket?.transportClosed(this.#failed)
  }
}

// One function for all sockets, as in ws itself, in place of five closures for each.

function onMessage(this: AttachedWebSocket, data: Buffer, isBinary: boolean): void {
  this[attached].received(data, isBinary)
}

function onClosing(this: AttachedWebSocket, code?: number, reason?: string | Buffer): void {
  this[attached].closing(code, reason)
}

function onPing(this: AttachedWebSocket): void {
  this[attached].pinged()
}

function onPong(this: AttachedWebSocket): void {
  this[attached].ponged()
}

function onClose(this: AttachedWebSocket): void {
  this[attached].disconnected()
}

function onError(this: AttachedWebSocket, err: Error): void {
  this[attached].failed(err)
}

/** The size of a client's unfragmented frame with this payload: header, length and mask included. */
function frameSize(payload: number): number {
  return headerSize(payload) + 4 + payload
}
