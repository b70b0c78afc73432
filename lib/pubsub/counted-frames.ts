import { events } from '../protocol/constants.js'
import { type Frame, type OutgoingFrame, SharedText } from '../protocol/frame.js'
import type { Broadcast } from '../protocol/message.js'
import type { Serializer } from '../protocol/serializer/serializer.js'

/** A frame for many sockets. */
export function shared(frame: Frame): OutgoingFrame {
  return typeof frame === 'string' ? new SharedText(frame) : frame
}

/** The frames of one broadcast for clients that count what they get of a topic, each made once for a serializer. */
export class CountedFrames {
  readonly #broadcast: Broadcast
  readonly #offset: number
  readonly #numbered = new Map<Serializer, OutgoingFrame>()
  readonly #positions = new Map<Serializer, OutgoingFrame>()

  constructor(broadcast: Broadcast, offset: number) {
    this.#broadcast = broadcast
    this.#offset = offset
  }

  /** The broadcast with its offset as the ref, which every version of the protocol has and clients pass over. */
  numbered(serializer: Serializer): OutgoingFrame {
    const { topic, event, payload } = this.#broadcast
    return made(this.#numbered, serializer, () =>
      serializer.encodePush({ joinRef: null, ref: `@${this.#offset}`, topic, event, payload })
    )
  }

  /** Its offset alone, where the broadcast itself has none or is not for the client. */
  position(serializer: Serializer): OutgoingFrame {
    const { topic } = this.#broadcast
    return made(this.#positions, serializer, () =>
      serializer.encodeBroadcast({ topic, event: events.position, payload: { offset: this.#offset } })
    )
  }
}

function made(
  frames: Map<Serializer, OutgoingFrame>,
  serializer: Serializer,
  encode: () => Frame
): OutgoingFrame {
  let frame = frames.get(serializer)
  if (frame === undefined) {
    frame = shared(encode())
    frames.set(serializer, frame)
  }
  return frame
}
