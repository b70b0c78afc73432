import type { CallName, CodecReply, RpcCodec } from './codec.js'
import { ProtobufReader, wireTypes, writeMessage } from './protobuf-wire.js'

export type { CallName, CodecCall, CodecReply, RpcCodec } from './codec.js'

/**
 * How the messages of a typed hook are written and read, by whatever protobuf library. Both take and
 * give the JSON form of the message, since over the channel it travels as JSON: the field names of the
 * `.proto` file (snake_case), 64-bit integers as decimal strings, `bytes` in base64.
 */
export interface TypedHook {
  /** Writes the request, the only argument of the call; what it throws makes the call `invalid_args`. */
  encodeRequest(request: never): Uint8Array
  /** Reads the reply; what it throws makes the call `invalid_reply`. */
  decodeReply(bytes: Uint8Array): unknown
}

/** By hook plugin and function. */
export type TypedHooks = Readonly<Record<string, Readonly<Record<string, TypedHook>>>>

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

// Field numbers of the package gamend.realtime.v1.
const envelope = { call: 1, reply: 2, error: 3 } as const
const call = { id: 1, plugin: 2, fn: 3, argsJson: 4, argsRaw: 5, key: 15 } as const
const reply = { id: 1, dataJson: 2, dataRaw: 3 } as const
const failure = { id: 1, error: 2 } as const

/**
 * Calls as protobuf messages (`RtcEnvelope`), on a DataChannel with the sub-protocol `protobuf`.
 *
 *     createHookClient<typeof arena>(channel, {
 *       codec: protobufCodec({
 *         arena: { move: { encodeRequest: MoveRequest.encode, decodeReply: MoveReply.decode } }
 *       })
 *     })
 *
 * @param typed the hooks whose requests and replies are messages of their own; the others' are JSON
 *   inside the message
 */
export function protobufCodec(typed: TypedHooks = {}): RpcCodec {
  return {
    protocol: 'protobuf',

    encode({ id, plugin, fn, json, key }) {
      const hook = find(typed, { plugin, fn })
      return writeMessage([
        [
          envelope.call,
          [
            [call.id, id],
            [call.plugin, utf8.encode(plugin)],
            [call.fn, utf8.encode(fn)],
            hook === undefined
              ? [call.argsJson, utf8.encode(json)]
              : [call.argsRaw, hook.encodeRequest((JSON.parse(json)[0] ?? {}) as never)],
            ...(key === undefined ? [] : [[call.key, utf8.encode(key)] as const])
          ]
        ]
      ])
    },

    decode(message, findCall) {
      if (typeof message === 'string') return undefined
      try {
        const fields = readMessage(message)
        const replied = fields.get(envelope.reply)
        if (replied instanceof Uint8Array) return readReply(typed, readMessage(replied), findCall)
        const failed = fields.get(envelope.error)
        if (failed instanceof Uint8Array) return readError(readMessage(failed))
      } catch {
        // Not a message of ours.
      }
      return undefined
    }
  }
}

type Fields = ReadonlyMap<number, number | Uint8Array>

/** The varints and the fields with a length, by number: the last of each counts. Throws for what is no message. */
function readMessage(bytes: Uint8Array): Fields {
  const fields = new Map<number, number | Uint8Array>()
  const reader = new ProtobufReader(bytes)
  while (!reader.atEnd) {
    const tag = reader.tag()
    const type = tag & 7
    if (type === wireTypes.varint) fields.set(tag >>> 3, reader.uint32())
    else if (type === wireTypes.bytes) fields.set(tag >>> 3, reader.bytes())
    else reader.skip(tag)
  }
  return fields
}

function readReply(
  typed: TypedHooks,
  fields: Fields,
  findCall: (id: number) => CallName | undefined
): CodecReply | undefined {
  const id = fields.get(reply.id)
  if (typeof id !== 'number') return undefined
  const json = fields.get(reply.dataJson)
  const raw = fields.get(reply.dataRaw)
  try {
    if (json instanceof Uint8Array) return { id, data: JSON.parse(strictUtf8.decode(json)) }
    const name = findCall(id)
    const hook = name && find(typed, name)
    if (hook !== undefined && raw instanceof Uint8Array) return { id, data: hook.decodeReply(raw) }
  } catch {
    // It says whose answer it is, and not what.
  }
  return { id, error: 'invalid_reply' }
}

function readError(fields: Fields): CodecReply | undefined {
  const id = fields.get(failure.id)
  const error = fields.get(failure.error)
  if (typeof id !== 'number') return undefined
  // proto3 leaves out what is empty.
  return { id, error: error instanceof Uint8Array ? strictUtf8.decode(error) : '' }
}

/** Names are looked up as the object's own: a hook may be called `toString`. */
function find(typed: TypedHooks, { plugin, fn }: CallName): TypedHook | undefined {
  const hooks = Object.hasOwn(typed, plugin) ? typed[plugin] : undefined
  return hooks !== undefined && Object.hasOwn(hooks, fn) ? hooks[fn] : undefined
}
