import type { BroadcastTrace, EngineDeliverEvent } from '../diagnostics/events.js'
import type { KeptMessage } from '../history/store.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import type { Broadcast, Scalar } from '../protocol/message.js'
import { JsonText } from '../protocol/serializer/json.js'
import type { Serializer } from '../protocol/serializer/serializer.js'
import { CountedFrames, shared } from './counted-frames.js'

/** One broadcast on its way: all subscribers of a serializer share one encoded frame. */
export class Delivery {
  readonly broadcast: Broadcast
  /** What was told of it, where somebody listened. */
  readonly origin: BroadcastTrace | EngineDeliverEvent | undefined
  /** Its place in the history of its topic, where that has one. */
  readonly kept: KeptMessage | undefined
  #countedFrames: CountedFrames | undefined
  #serializer: Serializer | undefined
  #frame: OutgoingFrame | undefined
  #bytes: number | undefined
  #others: Map<Serializer, OutgoingFrame> | undefined

  constructor(broadcast: Broadcast, origin?: BroadcastTrace | EngineDeliverEvent, kept?: KeptMessage) {
    this.broadcast = broadcast
    this.origin = origin
    this.kept = kept
  }

  /** Its frames for clients that count what they get; for one that is {@link kept}. */
  get counted(): CountedFrames {
    this.#countedFrames ??= new CountedFrames(this.broadcast, (this.kept as KeptMessage).offset)
    return this.#countedFrames
  }

  /** Under what key an older frame of this kind may be dropped; see `PushOptions`. */
  get staleKey(): string | undefined {
    const { topic, dropStale } = this.broadcast
    return staleKey(topic, dropStale)
  }

  /** About how many bytes its payload has as text, for those that it has to wait for. */
  get bytes(): number {
    this.#bytes ??= sizeOfPayload(this.broadcast.payload)
    return this.#bytes
  }

  /** The frame for a serializer, encoded when it is asked for the first time. */
  frame(serializer: Serializer): OutgoingFrame {
    if (serializer === this.#serializer) return this.#frame as OutgoingFrame
    if (this.#serializer === undefined) {
      this.#frame = shared(serializer.encodeBroadcast(this.broadcast))
      this.#serializer = serializer
      return this.#frame
    }
    this.#others ??= new Map()
    let frame = this.#others.get(serializer)
    if (frame === undefined) {
      frame = shared(serializer.encodeBroadcast(this.broadcast))
      this.#others.set(serializer, frame)
    }
    return frame
  }
}

function sizeOfPayload(payload: unknown): number {
  if (payload instanceof JsonText) return payload.text.length
  if (payload instanceof Uint8Array) return payload.length
  try {
    return JSON.stringify(payload)?.length ?? 0
  } catch {
    // Handlers may get it all the same.
    return 0
  }
}

/** The names of state events are the topic's own. */
export function staleKey(topic: Scalar, dropStale: string | undefined): string | undefined {
  return dropStale === undefined ? undefined : `${topic}\n${dropStale}`
}
