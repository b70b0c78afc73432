import { EncodeFailed } from '../errors.js'
import { isBinary } from '../protocol/message.js'
import { isMap, JsonText, stringify } from '../protocol/serializer/json.js'
import { DataMessage } from './message.js'

/**
 * What a broadcast carries from node to node: JSON that nobody parses on its way, bytes, or data for DataChannels.
 * A received one is a payload as it is: members get it from `PubSub` like one of this node.
 */
export type EnvelopeBody = JsonText | Uint8Array | DataMessage

/**
 * The payload of a broadcast as it travels. An object becomes its JSON, once for own clients and other nodes.
 * Throws `PHX_ERR_SERIALIZER_ENCODE` for what is neither an object nor bytes, or no JSON.
 */
export function bodyOf(payload: unknown): EnvelopeBody {
  if (payload instanceof JsonText || payload instanceof DataMessage || isBinary(payload)) return payload
  if (!isMap(payload)) throw new EncodeFailed('a pushed payload must be an object or binary')
  return new JsonText(stringify(payload), payload as object)
}
