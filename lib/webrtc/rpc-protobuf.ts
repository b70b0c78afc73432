import { isUtf8 } from 'node:buffer'
import { ProtobufReader, varintLength, wireTypes, writeVarint } from '../client/protobuf-wire.js'
import { failures } from '../hooks/results.js'
import type { HookResult, RawHookResult } from '../hooks/types.js'
import { parseText } from '../protocol/serializer/json.js'
import { sizeOf } from '../util/size-of.js'
import type { RpcCall, RpcCodec } from './rpc-codec.js'

/** A hook call out of a binary message. */
export interface ProtobufCall extends RpcCall {
  /** As the caller chose it; 0 is what a call has that names none. */
  readonly id: number
  /** The last of `args_json` and `args_raw` that the call has; without either, and with `args_json` empty, there are no arguments. */
  readonly args: { readonly json: Buffer } | { readonly raw: Buffer } | undefined
  /** Of a call that is to run once. */
  readonly key: string | undefined
}

/** The sub-protocol of DataChannels whose hook calls are protobuf. */
export const protobufProtocol = 'protobuf'

/** `field << 3 | wire type` of the fields of gamend.realtime.v1. */
const tags = {
  callHook: tag(1, wireTypes.bytes),
  hookReply: tag(2, wireTypes.bytes),
  hookError: tag(3, wireTypes.bytes),
  /** Of calls, replies and errors alike. */
  id: tag(1, wireTypes.varint),
  plugin: tag(2, wireTypes.bytes),
  fn: tag(3, wireTypes.bytes),
  argsJson: tag(4, wireTypes.bytes),
  argsRaw: tag(5, wireTypes.bytes),
  key: tag(15, wireTypes.bytes),
  dataJson: tag(2, wireTypes.bytes),
  dataRaw: tag(3, wireTypes.bytes),
  error: tag(2, wireTypes.bytes)
} as const

/** The line of all calls without an id: a reply does not even say whose it is. */
const lineWithoutId = ''

/**
 * Hook calls as `RtcEnvelope` of gamend.realtime.v1 in binary messages. These four small messages are
 * read and written by hand, so that no library has to be loaded where no hook is typed (bench/protobuf.ts).
 */
export const protobufCodec: RpcCodec<ProtobufCall, HookResult | RawHookResult> = {
  decode(message) {
    if (typeof message === 'string') return undefined
    try {
      return readEnvelope(message)
    } catch {
      return undefined
    }
  },

  run(hooks, { hookPlugin, fn, args, key }, bytes, transport) {
    if (args !== undefined && 'raw' in args) {
      return hooks.callRaw({ hookPlugin, fn, raw: args.raw, transport, key })
    }
    let json: unknown
    try {
      if (args !== undefined && args.json.length > 0) json = parseText(text(args.json))
    } catch {
      return failures.invalidArgs
    }
    return hooks.call({ hookPlugin, fn, args: json, bytes, transport, key })
  },

  encode({ id }, result) {
    if (!result.ok) return writeEnvelope(tags.hookError, id, tags.error, result.reason)
    return 'json' in result
      ? writeEnvelope(tags.hookReply, id, tags.dataJson, result.json)
      : writeEnvelope(tags.hookReply, id, tags.dataRaw, result.raw)
  },

  lineOf: ({ id }) => (id === 0 ? lineWithoutId : undefined)
}

/** The call that an envelope holds: of a oneof, the last member that came counts. */
function readEnvelope(message: Buffer): ProtobufCall | undefined {
  const reader = new ProtobufReader(message)
  let call: ProtobufCall | undefined
  while (!reader.atEnd) {
    const tag = reader.tag()
    if (tag === tags.callHook) {
      call = readCall(message, reader.into(), reader.at, call)
    } else {
      if (tag === tags.hookReply || tag === tags.hookError) call = undefined
      reader.skip(tag)
    }
  }
  return call
}

/** A message that comes in several parts is all of them together. */
function readCall(
  message: Buffer,
  start: number,
  end: number,
  earlier: ProtobufCall | undefined
): ProtobufCall {
  const reader = new ProtobufReader(message, start, end)
  let { id, hookPlugin, fn, args, key } = earlier ?? blank
  while (!reader.atEnd) {
    const tag = reader.tag()
    if (tag === tags.id) id = reader.uint32()
    else if (tag === tags.plugin) hookPlugin = name(message, reader.into(), reader.at)
    else if (tag === tags.fn) fn = name(message, reader.into(), reader.at)
    else if (tag === tags.argsJson) args = { json: reader.bytes() }
    else if (tag === tags.argsRaw) args = { raw: reader.bytes() }
    else if (tag === tags.key) key = text(reader.bytes())
    else reader.skip(tag)
  }
  return { id, hookPlugin, fn, args, key }
}

/** Names are short, and most often ASCII: a part of the message of its own would cost more than the rest. */
function name(message: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if ((message[at] as number) > 0x7f) return text(message.subarray(start, end))
  }
  return message.toString('latin1', start, end)
}

const blank: ProtobufCall = { id: 0, hookPlugin: '', fn: '', args: undefined, key: undefined }

function text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new RangeError('not UTF-8')
  return bytes.toString()
}

/** An envelope with a message of two fields: the id, and what `dataTag` says. */
function writeEnvelope(messageTag: number, id: number, dataTag: number, data: string | Uint8Array): Buffer {
  const dataLength = sizeOf(data)
  const messageLength = (id === 0 ? 0 : 1 + varintLength(id)) + 1 + varintLength(dataLength) + dataLength
  const buffer = Buffer.allocUnsafe(1 + varintLength(messageLength) + messageLength)
  buffer[0] = messageTag
  let position = writeVarint(buffer, 1, messageLength)
  if (id !== 0) {
    buffer[position] = tags.id
    position = writeVarint(buffer, position + 1, id)
  }
  buffer[position] = dataTag
  position = writeVarint(buffer, position + 1, dataLength)
  // ASCII, which most JSON is, is copied and not encoded.
  if (typeof data === 'string') buffer.write(data, position, dataLength === data.length ? 'latin1' : 'utf8')
  else buffer.set(data, position)
  return buffer
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType
}
