import type { Clock, Timer } from '../clock.js'
import { closeCodes } from '../constants.js'
import type { Logger } from '../logger.js'
import type { Socket } from '../socket.js'
import type { EndpointStats } from '../stats.js'
import type { Turns } from '../turns.js'
import { FairReader } from './fair-reader.js'
import type { IdleWatch, Watched } from './idle-watch.js'
import { SharedText } from './shared-text.js'
import { StaleFrames } from './stale-frames.js'
import type { OutgoingFrame, Transport } from './transport.js'
import { headerSize, textFrame } from './websocket-frame.js'

/** The part of a `ws` WebSocket that the transport stands on. */
export interface WebSocketLike {
  readonly bufferedAmount: number
  readonly readyState: number
  /** What was negotiated; empty where frames go out as they are. */
  readonly extensions: string
  send(data: string | Buffer, options: { binary: boolean }): void
  close(code: number): void
  ping(): void
  terminate(): void
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

/** The connection under a WebSocket. */
export interface Connection {
  write(bytes: Buffer): unknown
}

/** What all WebSockets of one mount share. */
export interface WebSocketTransportOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: EndpointStats
  readonly turns: Turns
  /** Closes the sockets from which nothing comes. */
  readonly idleWatch: IdleWatch
  /** Bytes of one frame, its header included; 0 is no limit. */
  readonly frameBytes: number
  /** Bytes that may wait for a client that reads too slowly; 0 is no limit. */
  readonly queuedBytes: number
}

/** Bytes in the queue of a client above which it counts as slow, and state waits for it. */
const slowAbove = 64 * 1024

/** Milliseconds between two looks whether a slow client has caught up. */
const catchUpMs = 50

/** The `readyState` in which `ws` sends. */
const open = 1

/** Characters up to which a text fits into Node's pool of small buffers; copying 16 KiB costs more than it saves. */
const shortText = 1024

const asText = { binary: false } as const
const asBinary = { binary: true } as const

/** One WebSocket under a socket (Phoenix.Transports.WebSocket). */
export class WebSocketTransport implements Transport, Watched {
  readonly name = 'websocket'
  readonly #ws: WebSocketLike
  /** Takes whole frames; undefined where `ws` has to make them. */
  readonly #connection: Connection | undefined
  readonly #options: WebSocketTransportOptions
  readonly #reader: FairReader
  #socket: Socket | undefined
  #place: Place | undefined
  #lastActivity: number
  #failed = false
  #isCutOff = false
  /** What was known of the client when it was asked for a sign of life. */
  #asked: { readonly lastActivity: number; readonly queued: number } | undefined
  #stale: StaleFrames | undefined
  #catchUp: Timer | undefined

  /** `connection` is what `ws` itself writes to, where that is known. */
  constructor(ws: WebSocketLike, options: WebSocketTransportOptions, connection?: Connection) {
    this.#ws = ws
    this.#connection = ws.extensions === '' ? connection : undefined
    this.#options = options
    this.#reader = new FairReader(options.turns, ws, (data, isBinary) => this.#receive(data, isBinary))
    this.#lastActivity = options.clock.now()
  }

  /** Starts to hand what arrives to the socket; gives the place back when the connection is gone. */
  attach(socket: Socket, place?: Place): void {
    this.#socket = socket
    this.#place = place
    const ws = Object.assign(this.#ws, { [attached]: this })
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
    // ws has answered it: pongs that nobody reads are queued like everything else.
    this.#cutOffIfClogged()
  }

  ponged(): void {
    this.active()
    this.#reader.control()
  }

  active(): void {
    this.#lastActivity = this.#options.clock.now()
  }

  failed(err: Error): void {
    // ws has sent the close code that fits, and `close` follows.
    this.#failed = true
    this.#options.log.debug({ err }, 'WebSocket failed')
  }

  disconnected(): void {
    this.#place?.release()
    this.#reader.end(() => this.#closed())
  }

  // What the watch wants.

  get lastActivity(): number {
    // Who waits for the answer to a join has no reason to say anything.
    return Math.max(this.#lastActivity, this.#socket?.lastJoining ?? 0)
  }

  probe(): void {
    this.#asked = { lastActivity: this.#lastActivity, queued: this.#ws.bufferedAmount }
    this.#ws.ping()
  }

  get isAlive(): boolean {
    if (this.#asked === undefined || this.#reader.isPaused) return true
    const { lastActivity, queued } = this.#asked
    if (this.#lastActivity !== lastActivity) return true
    // The ping waits behind what is queued: a client that takes that off, more than the kernel may, reads.
    return queued > slowAbove && this.#ws.bufferedAmount < queued
  }

  timedOut(): void {
    this.#socket?.close(closeCodes.protocolError, 'closed')
  }

  send(frame: OutgoingFrame, stale?: string): void {
    if (this.#cutOffIfClogged()) return
    if (stale !== undefined && this.#isSlow) this.#hold(stale, frame)
    else this.#write(frame)
  }

  close(code: number): void {
    // A client that was paused has to be read again, to see its side of the close.
    this.#reader.resume()
    this.#ws.close(code)
  }

  pause(): void {
    this.#reader.pause()
  }

  resume(): void {
    this.#reader.resume()
  }

  handOver(): void {
    this.#reader.handOver()
  }

  get #isSlow(): boolean {
    return this.#stale?.isEmpty === false || this.#ws.bufferedAmount > slowAbove
  }

  #write(frame: OutgoingFrame): void {
    const ws = this.#ws
    const connection = this.#connection
    const whole = connection === undefined ? undefined : inOnePiece(frame)
    // Behind whatever `ws` has sent: without extensions it writes at once, too.
    if (connection !== undefined && whole !== undefined) {
      if (ws.readyState === open) connection.write(whole)
    } else if (frame instanceof SharedText) {
      ws.send(frame.bytes, asText)
    } else {
      ws.send(frame, typeof frame === 'string' ? asText : asBinary)
    }
  }

  #hold(key: string, frame: OutgoingFrame): void {
    this.#stale ??= new StaleFrames()
    if (this.#stale.hold(key, frame)) this.#options.stats.staleDropped++
    this.#catchUp ??= this.#options.clock.setTimeout(() => this.#sendStale(), catchUpMs)
  }

  #sendStale(): void {
    this.#catchUp = undefined
    if (this.#ws.bufferedAmount > slowAbove) {
      this.#catchUp = this.#options.clock.setTimeout(() => this.#sendStale(), catchUpMs)
      return
    }
    for (const frame of this.#stale?.take() ?? []) this.#write(frame)
  }

  #cutOffIfClogged(): boolean {
    if (this.#isCutOff) return true
    const { queuedBytes, log } = this.#options
    const bufferedAmount = this.#ws.bufferedAmount + (this.#stale?.bytes ?? 0)
    if (queuedBytes === 0 || bufferedAmount <= queuedBytes) return false
    log.warn({ bufferedAmount }, 'closing a WebSocket whose client does not read')
    this.#options.stats.slowClosed++
    this.#isCutOff = true
    // A close frame would have to wait behind everything that is queued.
    this.#ws.terminate()
    return true
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const { frameBytes } = this.#options
    if (frameBytes > 0 && frameSize(data.length) > frameBytes) this.#socket?.reject(closeCodes.tooBig)
    else this.#socket?.receive(data, isBinary)
  }

  #closed(): void {
    const { idleWatch, clock } = this.#options
    idleWatch.delete(this)
    if (this.#catchUp !== undefined) clock.clearTimeout(this.#catchUp)
    this.#stale = undefined
    this.#socket?.transportClosed(this.#failed)
  }
}

// One function for all sockets, as in ws itself, in place of five closures for each.

function onMessage(this: AttachedWebSocket, data: Buffer, isBinary: boolean): void {
  this[attached].received(data, isBinary)
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

/**
 * The frame with its header, where it is there or made quickly. One write of one buffer instead of the two
 * of `ws` took a delivery to 1,000 members from 1.13 to 0.98 of what bare `ws` costs, and a hook call
 * of 50 x 8 from 1.14 to 1.04.
 */
function inOnePiece(frame: OutgoingFrame): Buffer | undefined {
  if (frame instanceof SharedText) return frame.frame
  return typeof frame === 'string' && frame.length <= shortText ? textFrame(frame) : undefined
}

/** The size of a client's unfragmented frame with this payload: header, length and mask included. */
function frameSize(payload: number): number {
  return headerSize(payload) + 4 + payload
}
