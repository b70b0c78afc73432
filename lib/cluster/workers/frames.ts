/** Bytes before what a frame says: how long it is, and its kind. */
const lengthBytes = 4
const headBytes = lengthBytes + 1

/** Bytes of the largest frame; the largest message is a little smaller. */
export const maxFrameBytes = 16 * 1024 * 1024

/** The kinds of frames between a worker and the hub, by the byte that stands for them. */
export const FrameKind = {
  /** Worker: the version of these frames, and the name of its node. Comes first. */
  hello: 1,
  /** Both ways, the same bytes: the channel and what was published. */
  message: 2,
  /** Worker: a number that the hub confirms with, and channels. */
  subscribe: 3,
  /** Worker: channels. */
  unsubscribe: 4,
  /** Hub: the number of the subscription that it has made. */
  confirmed: 5,
  /** Hub: the name of a node whose process has ended. */
  gone: 6,
  /** Worker: a number that the hub answers with, and what is to be claimed, as `claim-frames.ts` has it. */
  claim: 7,
  /** Hub: the number, and what there was. */
  claimed: 8
} as const

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

/** The version of these frames: the hub ends a connection of another one. */
export const framesVersion = 2

/** A frame of the parts, each a number of 32 bits, a text or bytes; texts carry their length. */
export function encodeFrame(kind: FrameKind, parts: readonly (number | string)[]): Buffer {
  const sizes = parts.map((part) => (typeof part === 'number' ? 4 : 4 + Buffer.byteLength(part)))
  const total = sizes.reduce((sum, size) => sum + size, headBytes)
  const frame = writeHead(Buffer.allocUnsafe(total), kind, total)
  let at = headBytes
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'number') frame.writeUInt32BE(part, at)
    else {
      frame.writeUInt32BE((sizes[index] ?? 4) - 4, at)
      frame.write(part, at + 4)
    }
    at += sizes[index] ?? 0
  }
  return frame
}

/** Bytes of the frame of a message. */
export function messageSize(channel: string, bytes: Uint8Array): number {
  return headBytes + 4 + Buffer.byteLength(channel) + bytes.length
}

/** The frame of a message, in two parts so that large ones need not be copied: its head, and the bytes. */
export function messageHead(channel: string, bytes: Uint8Array): Buffer {
  const channelBytes = Buffer.byteLength(channel)
  const head = Buffer.allocUnsafe(headBytes + 4 + channelBytes)
  writeHead(head, FrameKind.message, head.length + bytes.length)
  head.writeUInt32BE(channelBytes, headBytes)
  head.write(channel, headBytes + 4)
  return head
}

function writeHead(frame: Buffer, kind: FrameKind, total: number): Buffer {
  frame.writeUInt32BE(total - lengthBytes, 0)
  frame[lengthBytes] = kind
  return frame
}

/** Reads the parts of a frame one after the other. Throws a RangeError where it is shorter than it says. */
export class FrameParts {
  readonly #frame: Buffer
  #at = headBytes

  constructor(frame: Buffer) {
    this.#frame = frame
  }

  get kind(): number {
    return this.#frame[lengthBytes] ?? 0
  }

  get done(): boolean {
    return this.#at >= this.#frame.length
  }

  number(): number {
    const value = this.#frame.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  text(): string {
    const end = this.number() + this.#at
    if (end > this.#frame.length) throw new RangeError('a text ends behind its frame')
    const text = this.#frame.toString('utf8', this.#at, end)
    this.#at = end
    return text
  }

  texts(): string[] {
    const texts: string[] = []
    while (!this.done) texts.push(this.text())
    return texts
  }

  /** All that is left. */
  rest(): Buffer {
    return this.#frame.subarray(this.#at)
  }
}
