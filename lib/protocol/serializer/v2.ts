import { DecodeFailed, EncodeFailed } from '../../errors.js'
import { events } from '../constants.js'
import type { Frame } from '../frame.js'
import { type Broadcast, type ClientMessage, isBinary, type Message, type ReplyMessage } from '../message.js'
import * as binary from './binary.js'
import { isMap, parse, scalar, stringify, stringifyResponse, stringifyScalar } from './json.js'
import type { Serializer } from './serializer.js'

function mapOnly(payload: unknown): unknown {
  if (!isMap(payload)) throw new EncodeFailed('a pushed payload must be an object or binary')
  return payload
}

/**
 * Protocol version 2: JSON arrays with a join_ref, and binary frames for binary payloads
 * (Phoenix.Socket.V2.JSONSerializer).
 */
export const v2: Serializer = {
  version: '2.0.0',
  binary: true,

  decode(data: Buffer, isBinaryFrame: boolean): ClientMessage {
    if (isBinaryFrame) return binary.decodePush(data)
    const value = parse(data)
    if (!Array.isArray(value) || value.length < 5) throw new DecodeFailed('no array of five elements')
    return {
      joinRef: scalar(value[0], 'join_ref'),
      ref: scalar(value[1], 'ref'),
      topic: scalar(value[2], 'topic'),
      event: scalar(value[3], 'event'),
      payload: value[4],
      bytes: data.length
    }
  },

  encodeReply({ joinRef, ref, topic, status, response }: ReplyMessage): Frame {
    if (isBinary(response)) return binary.encodeReply(joinRef, ref, topic, status, response)
    const payload = `{"status":${stringifyScalar(status)},"response":${stringifyResponse(response)}}`
    return `[${stringifyScalar(joinRef)},${stringifyScalar(ref)},${stringifyScalar(topic)},"${events.reply}",${payload}]`
  },

  encodePush({ joinRef, ref, topic, event, payload }: Message): Frame {
    if (isBinary(payload)) return binary.encodePush(joinRef, topic, event, payload)
    const text = stringify(mapOnly(payload))
    return `[${stringifyScalar(joinRef)},${stringifyScalar(ref)},${stringifyScalar(topic)},${stringifyScalar(event)},${text}]`
  },

  encodeBroadcast({ topic, event, payload }: Broadcast): Frame {
    if (isBinary(payload)) return binary.encodeBroadcast(topic, event, payload)
    return `[null,null,${stringifyScalar(topic)},${stringifyScalar(event)},${stringify(mapOnly(payload))}]`
  }
}
