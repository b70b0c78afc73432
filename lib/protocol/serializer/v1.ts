import { DecodeFailed, EncodeFailed } from '../../errors.js'
import { events } from '../constants.js'
import type { Frame } from '../frame.js'
import { type Broadcast, type ClientMessage, isBinary, type Message, type ReplyMessage } from '../message.js'
import { isMap, parse, scalar, stringify, stringifyResponse } from './json.js'
import type { Serializer } from './serializer.js'

const keys = ['topic', 'event', 'payload', 'ref'] as const

function frame(topic: unknown, event: unknown, payload: string, ref: unknown): string {
  return `{"topic":${stringify(topic)},"event":${stringify(event)},"payload":${payload},"ref":${stringify(ref)}}`
}

function jsonOnly(payload: unknown): unknown {
  if (isBinary(payload)) throw new EncodeFailed('protocol version 1 has no binary payloads')
  return payload
}

/** Protocol version 1: JSON objects, no join_ref, no binary payloads (Phoenix.Socket.V1.JSONSerializer). */
export const v1: Serializer = {
  version: '1.0.0',
  binary: false,

  decode(data: Buffer): ClientMessage {
    const value = parse(data)
    if (!isMap(value)) throw new DecodeFailed('no JSON object')
    const fields = value as Record<string, unknown>
    for (const key of keys) if (!Object.hasOwn(fields, key)) throw new DecodeFailed(`no ${key}`)
    return {
      joinRef: Object.hasOwn(fields, 'join_ref') ? scalar(fields.join_ref, 'join_ref') : null,
      ref: scalar(fields.ref, 'ref'),
      topic: scalar(fields.topic, 'topic'),
      event: scalar(fields.event, 'event'),
      payload: fields.payload,
      bytes: data.length
    }
  },

  encodeReply({ topic, ref, status, response }: ReplyMessage): Frame {
    const payload = `{"status":${stringify(status)},"response":${stringifyResponse(jsonOnly(response))}}`
    return frame(topic, events.reply, payload, ref)
  },

  encodePush({ topic, event, payload, ref }: Message): Frame {
    return frame(topic, event, stringify(jsonOnly(payload)), ref)
  },

  encodeBroadcast({ topic, event, payload }: Broadcast): Frame {
    return frame(topic, event, stringify(jsonOnly(payload)), null)
  }
}
