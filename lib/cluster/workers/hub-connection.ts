import type { Socket } from 'node:net'
import { FrameReader } from './frame-reader.js'
import { FrameWriter } from './frame-writer.js'
import { encodeFrame, FrameKind, FrameParts, framesVersion } from './frames.js'

/** What a connection asks of its hub. */
export interface HubSide {
  /** Bytes that may wait for a worker before its connection ends. */
  readonly maxWaitingBytes: number
  subscribe(connection: HubConnection, channel: string): void
  unsubscribe(connection: HubConnection, channel: string): void
  /** Passes a frame on to all that are subscribed to its channel. */
  relay(channel: string, frame: Buffer): void
  /** Sends what was passed on. */
  flush(): void
  /** Answers what a worker asks of the claims. */
  answer(parts: FrameParts): Buffer
  /** It is over; `problem` says why, where it was the hub that ended it. */
  ended(connection: HubConnection, problem: string | undefined): void
}

/** The connection of one worker, as the hub has it. */
export class HubConnection {
  /** The channels that the worker is subscribed to. */
  readonly channels = new Set<string>()
  /** The name of the node, once it has been said. */
  node = ''
  readonly #socket: Socket
  readonly #writer: FrameWriter
  readonly #hub: HubSide
  #greeted = false
  #problem: string | undefined

  constructor(socket: Socket, hub: HubSide) {
    this.#socket = socket
    this.#hub = hub
    this.#writer = new FrameWriter(socket)
    const reader = new FrameReader((frame) => this.#take(frame))
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
      } catch (err) {
        if (!(err instanceof RangeError)) throw err
        this.end(`garbled: ${err.message}`)
      }
      hub.flush()
    })
    // What goes wrong with a connection is followed by its end.
    socket.on('error', () => {})
    socket.once('close', () => hub.ended(this, this.#problem))
  }

  /** Ends the connection; the worker may come again. */
  end(problem: string): void {
    this.#problem ??= problem
    this.#socket.destroy()
  }

  /** Adds a frame to what the next flush sends; a worker that does not read loses its connection. */
  send(frame: Uint8Array): void {
    if (this.#socket.destroyed) return
    if (this.#writer.waitingBytes + frame.length > this.#hub.maxWaitingBytes) {
      this.end('it does not read what is sent to it')
      return
    }
    this.#writer.add(frame)
  }

  flush(): void {
    this.#writer.flush()
  }

  #take(frame: Buffer): void {
    if (this.#socket.destroyed) return
    const parts = new FrameParts(frame)
    if (!this.#greeted) return this.#greet(parts)
    switch (parts.kind) {
      case FrameKind.message:
        return this.#hub.relay(parts.text(), frame)
      case FrameKind.subscribe: {
        const number = parts.number()
        for (const channel of parts.texts()) this.#hub.subscribe(this, channel)
        this.send(encodeFrame(FrameKind.confirmed, [number]))
        return this.flush()
      }
      case FrameKind.unsubscribe:
        for (const channel of parts.texts()) this.#hub.unsubscribe(this, channel)
        return
      case FrameKind.claim:
        this.send(this.#hub.answer(parts))
        return this.flush()
      default:
        throw new RangeError(`a frame of kind ${parts.kind}`)
    }
  }

  #greet(parts: FrameParts): void {
    if (parts.kind !== FrameKind.hello) throw new RangeError('a frame before the first')
    const version = parts.number()
    if (version !== framesVersion) throw new RangeError(`frames of version ${version}`)
    this.node = parts.text()
    this.#greeted = true
  }
}
