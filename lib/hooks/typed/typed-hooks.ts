// The room of typed hooks: requests and replies as messages of a proto3 text, over JSON and protobuf.
import type { Type } from 'protobufjs'
import { textToSend } from '../../protocol/serializer/json-text-check.js'
import { MessageCompiler } from './compile-message.js'
import { type FieldBudget, unlimitedFields } from './field-budget.js'
import type { MessageCodec } from './message-codec.js'
import { type Messages, parseProto, protobuf } from './proto-text.js'
import { hookView, jsonView } from './views.js'

/**
 * The request and the reply message of one typed hook. Requests throw when they do not fit; replies throw
 * PHX_ERR_HOOKS_MESSAGE, which names the field, for the log.
 */
export interface TypedMessages {
  /** What the hook gets for an encoded request. */
  decodeRequest(raw: Uint8Array, budget: FieldBudget): object
  /** What the hook gets for a request in JSON; undefined is the empty one. */
  readRequest(json: unknown, budget: FieldBudget): object
  /** The encoded reply for what the hook returned. */
  encodeReply(reply: unknown): Uint8Array
  /** The same reply as JSON text. */
  writeReply(reply: unknown): string
}

/**
 * Finds the message pairs of a plugin's functions in a proto text: `HelloProtoRequest` and
 * `HelloProtoReply` for `hello_proto`. Other messages are left alone. Throws what is wrong with the text,
 * and for a function that has only one message of the two.
 */
export function compileTypedHooks(text: unknown, functions: Iterable<string>): Map<string, TypedMessages> {
  const messages = parseProto(text)
  const hook = new MessageCompiler(hookView)
  const json = new MessageCompiler(jsonView)
  const hooks = new Map<string, TypedMessages>()
  for (const fn of functions) {
    const pair = findPair(messages, fn)
    if (pair === undefined) continue
    const [request, reply] = pair
    hooks.set(fn, {
      ...requests(request, hook.compile(request), json.compile(request)),
      ...replies(reply, hook.compile(reply), json.compile(reply))
    })
  }
  return hooks
}

function findPair(messages: Messages, fn: string): [request: Type, reply: Type] | undefined {
  const name = toPascalCase(fn)
  const request = messages.get(`${name}Request`)
  const reply = messages.get(`${name}Reply`)
  if (request !== undefined && reply !== undefined) return [request, reply]
  if (request !== undefined) throw new SyntaxError(`there is a ${name}Request for ${fn}, but no ${name}Reply`)
  if (reply !== undefined) throw new SyntaxError(`there is a ${name}Reply for ${fn}, but no ${name}Request`)
  return undefined
}

function requests(
  type: Type,
  hook: MessageCodec,
  json: MessageCodec
): Pick<TypedMessages, 'decodeRequest' | 'readRequest'> {
  const { Reader } = protobuf()
  return {
    decodeRequest(raw, budget) {
      const reader = Reader.create(raw)
      // Nobody would ever see them.
      reader.discardUnknown = true
      return hook.fromWire(type.decode(reader), budget)
    },
    readRequest: (value, budget) => hook.fromWire(json.toWire(value ?? {}, []), budget)
  }
}

function replies(
  type: Type,
  hook: MessageCodec,
  json: MessageCodec
): Pick<TypedMessages, 'encodeReply' | 'writeReply'> {
  return {
    encodeReply: (reply) => type.encode(hook.toWire(reply, [])).finish(),
    writeReply: (reply) => textToSend(JSON.stringify(json.fromWire(hook.toWire(reply, []), unlimitedFields)))
  }
}

/** `hello_proto` is `HelloProto`. */
function toPascalCase(name: string): string {
  return name.replace(/(?:^|_+)([^_]?)/g, (_match, first: string) => first.toUpperCase())
}
