import { EncodeFailed } from '../../errors.js'
import type { Frame } from '../frame.js'
import type { Message, ReplyMessage } from '../message.js'
import type { Serializer } from './serializer.js'

const made = new WeakMap<Serializer, Serializer>()

/**
 * A serializer for clients whose transport carries text alone, one for all of them: broadcasts of bytes pass
 * them by, and what else needs a frame of bytes throws `PHX_ERR_SERIALIZER_ENCODE`.
 */
export function textOnly(serializer: Serializer): Serializer {
  let limited = made.get(serializer)
  if (limited === undefined) {
    limited = new TextOnly(serializer)
    made.set(serializer, limited)
  }
  return limited
}

class TextOnly implements Serializer {
  readonly version: string
  readonly binary = false
  readonly decode: Serializer['decode']
  /** The transport leaves a frame of bytes out: whoever broadcasts to others as well must not fail for it. */
  readonly encodeBroadcast: Serializer['encodeBroadcast']
  readonly #serializer: Serializer

  constructor(serializer: Serializer) {
    this.version = serializer.version
    this.decode = (data, isBinary) => serializer.decode(data, isBinary)
    this.encodeBroadcast = (broadcast) => serializer.encodeBroadcast(broadcast)
    this.#serializer = serializer
  }

  encodeReply(reply: ReplyMessage): Frame {
    return textFrame(this.#serializer.encodeReply(reply))
  }

  encodePush(message: Message): Frame {
    return textFrame(this.#serializer.encodePush(message))
  }
}

function textFrame(frame: Frame): Frame {
  if (typeof frame !== 'string') throw new EncodeFailed('long-poll has no frames for binary payloads')
  return frame
}
