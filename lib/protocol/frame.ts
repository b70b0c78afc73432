import { headerSize, textFrame } from './websocket-frame.js'

/** What is sent over a transport: a string is a text frame, a Buffer a binary one. */
export type Frame = string | Buffer

/** What a socket sends: a frame of its own, or one that it shares with others. */
export type OutgoingFrame = Frame | SharedText

/**
 * A text that goes to many sockets, as bytes that are made once. A string would be encoded anew by the
 * write to each of them, and kept once for each that reads slowly.
 */
export class SharedText {
  /** The whole frame of a WebSocket. */
  readonly frame: Buffer
  /** The text in it. */
  readonly bytes: Buffer
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    this.frame = textFrame(text)
    this.bytes = this.frame.subarray(headerSize(Buffer.byteLength(text)))
  }

  get byteLength(): number {
    return this.bytes.length
  }

  toString(): string {
    return this.#text
  }
}

/**
 * The frame of a WebSocket with its header: one write of one buffer costs less than the two of `ws`. Undefined for bytes,
 * which `ws` does not copy.
 */
export function wholeFrame(frame: OutgoingFrame): Buffer | undefined {
  if (frame instanceof SharedText) return frame.frame
  return typeof frame === 'string' ? textFrame(frame) : undefined
}
