import { DecodeFailed, EncodeFailed } from '../../errors.js'
import type { ClientMessage, Ref, Scalar } from '../message.js'

/** The first byte of a version 2 binary frame. */
const kinds = { push: 0, reply: 1, broadcast: 2 } as const

const pushHeaderSize = 5
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Takes a client's binary push apart: kind, four lengths, then join_ref, ref, topic and event as
 * text, and the payload up to the end.
 */
export function decodePush(data: Buffer): ClientMessage {
  if (data.length < pushHeaderSize || data[0] !== kinds.push) throw new DecodeFailed('no binary push')
  let offset = pushHeaderSize
  const field = (lengthAt: number): string => {
    const end = offset + (data[lengthAt] as number)
    if (end > data.length) throw new DecodeFailed('binary push is shorter than its header says')
    const text = decodeText(data.subarray(offset, end))
    offset = end
    return text
  }
  const joinRef = field(1)
  const ref = field(2)
  const topic = field(3)
  const event = field(4)
  return { joinRef, ref, topic, event, payload: data.subarray(offset), bytes: data.length }
}

function decodeText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new DecodeFailed('binary push has text that is not UTF-8', { cause })
  }
}

export function encodePush(joinRef: Ref, topic: Scalar, event: Scalar, payload: Uint8Array): Buffer {
  return encode(kinds.push, { join_ref: joinRef, topic, event }, payload)
}

export function encodeReply(
  joinRef: Ref,
  ref: Ref,
  topic: Scalar,
  status: string,
  payload: Uint8Array
): Buffer {
  return encode(kinds.reply, { join_ref: joinRef, ref, topic, status }, payload)
}

export function encodeBroadcast(topic: string, event: string, payload: Uint8Array): Buffer {
  return encode(kinds.broadcast, { topic, event }, payload)
}

/** Throws `PHX_ERR_SERIALIZER_ENCODE` where no binary frame of a broadcast has room for its topic or event. */
export function demandRoom(topic: string, event: string): void {
  textOf('topic', topic)
  textOf('event', event)
}

function textOf(name: string, value: Scalar): Buffer {
  const text = Buffer.from(value === null ? '' : String(value))
  // Each length is one byte on the wire.
  if (text.length > 255) throw new EncodeFailed(`${name} is longer than the 255 bytes of a binary frame`)
  return text
}

function encode(kind: number, fields: Record<string, Scalar>, payload: Uint8Array): Buffer {
  const texts = Object.entries(fields).map(([name, value]) => textOf(name, value))
  const lengths = texts.map(({ length }) => length)
  return Buffer.concat([Buffer.from([kind, ...lengths]), ...texts, payload])
}
