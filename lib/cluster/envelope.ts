import type { EnvelopeBody } from '../data/body.js'
import { DataMessage } from '../data/message.js'
import { EncodeFailed } from '../errors.js'
import { JsonText } from '../protocol/serializer/json.js'
import { sizeOf } from '../util/size-of.js'
import { ByteReader } from './byte-reader.js'
import { ByteWriter, maxEnvelopeBytes, sizeOfSized } from './byte-writer.js'
import { type KeptFields, keptTags } from './kept-fields.js'

// What travels between nodes, in bytes. `sized` is a varint and as many bytes; texts are UTF-8.
//
//     magic      2 bytes, F5 50: F5 begins no text in UTF-8, nor JSON
//     version    1 byte, 1
//     kind       1 byte, see `kindCodes`
//     flags      1 byte: 1 is kept where it must wait (`droppable` false), 2 has no fallback
//     form       1 byte, see `forms`: what the body is
//     publisher  sized text: name of the node
//     topic      sized text; empty where the kind has none
//     event      sized text; of a signal its name
//     body       sized
//     fields     any number up to the end: a tag of 1 byte, and sized content
//
// Nodes of two versions of this package understand each other as long as the version byte stays. What is new is a
// field or a flag where older nodes do right without it: they pass over tags and flags that they do not know. It is
// a kind, a form or the name of a signal where they must not act on it: they count and drop those. Only where this
// layout itself changes, there is a new version, and nodes drop what they cannot read of each other.

const magic0 = 0xf5
const magic1 = 0x50
const version = 1
const headBytes = 6

const kindCodes = { broadcast: 1, signal: 2 } as const

const forms = { bytes: 0, json: 1, dataText: 2, dataBytes: 3 } as const
const flags = { kept: 1, noFallback: 2 } as const
const tags = { dropStale: 1, trace: 2, label: 3, ...keptTags } as const

type KindName = keyof typeof kindCodes

/** A broadcast for the members that a topic has on other nodes. */
export interface BroadcastEnvelope {
  kind: 'broadcast'
  /** Name of the node that published. */
  publisher: string
  topic: string
  event: string
  body: EnvelopeBody
  /** See `PushOptions`. Of data for DataChannels it is made of the data's own, and not sent. */
  dropStale?: string | undefined
  /** Trace context, as in the header `traceparent`. */
  trace?: string | undefined
  /** Of a message of a topic with history. */
  kept?: KeptFields | undefined
}

/** What nodes tell each other: bytes that only the room understands whose signal it is. */
export interface SignalEnvelope {
  kind: 'signal'
  /** Name of the node that published. */
  publisher: string
  name: string
  body: Uint8Array
  /** Trace context, as in the header `traceparent`. */
  trace?: string | undefined
}

export type Envelope = BroadcastEnvelope | SignalEnvelope

/**
 * Bytes that are no envelope this node can act on: to be counted by `why`, and passed over. `foreign` is none at all,
 * `garbled` one that is cut off or broken; the others come from a newer node.
 */
export interface UnknownEnvelope {
  kind: 'unknown'
  why: 'foreign' | 'version' | 'kind' | 'form' | 'garbled'
}

/**
 * The bytes of an envelope. Half a surrogate pair becomes U+FFFD, as in what clients are sent.
 * Throws `PHX_ERR_SERIALIZER_ENCODE` for names that are no text, and over `maxEnvelopeBytes`.
 */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { publisher, trace } = envelope
  if (envelope.kind === 'signal') {
    const { name, body } = envelope
    return encode(kindCodes.signal, 0, forms.bytes, publisher, '', name, body, undefined, trace)
  }
  const { topic, event, body, dropStale } = envelope
  if (body instanceof DataMessage) {
    const bits = (body.droppable ? 0 : flags.kept) | (body.hasFallback ? 0 : flags.noFallback)
    const form = typeof body.data === 'string' ? forms.dataText : forms.dataBytes
    const { data, dropStale, label } = body
    return encode(kindCodes.broadcast, bits, form, publisher, topic, event, data, dropStale, trace, label)
  }
  const isText = body instanceof JsonText
  const content = isText ? body.text : body
  const form = isText ? forms.json : forms.bytes
  return encode(kindCodes.broadcast, 0, form, publisher, topic, event, content, dropStale, trace)
}

function encode(
  code: number,
  bits: number,
  form: number,
  publisher: string,
  topic: string,
  event: string,
  body: string | Uint8Array,
  dropStale: string | undefined,
  trace: string | undefined,
  label?: string
): Uint8Array {
  const publisherSize = sizeOfText(publisher)
  const topicSize = sizeOfText(topic)
  const eventSize = sizeOfText(event)
  const bodySize = sizeOf(body)
  const head = headBytes + sizeOfSized(publisherSize) + sizeOfSized(topicSize) + sizeOfSized(eventSize)
  const fields = sizeOfField(dropStale) + sizeOfField(trace) + sizeOfField(label)
  const writer = new ByteWriter(head + sizeOfSized(bodySize) + fields)
  writer.byte(magic0)
  writer.byte(magic1)
  writer.byte(version)
  writer.byte(code)
  writer.byte(bits)
  writer.byte(form)
  writer.sized(publisher, publisherSize)
  writer.sized(topic, topicSize)
  writer.sized(event, eventSize)
  writer.sized(body, bodySize)
  writeField(writer, tags.dropStale, dropStale)
  writeField(writer, tags.trace, trace)
  writeField(writer, tags.label, label)
  return writer.bytes
}

function sizeOfText(text: unknown): number {
  if (typeof text !== 'string') throw new EncodeFailed('a node, topic or event is no text')
  return sizeOf(text)
}

function sizeOfField(text: string | undefined): number {
  return text === undefined ? 0 : 1 + sizeOfSized(sizeOfText(text))
}

function writeField(writer: ByteWriter, tag: number, text: string | undefined): void {
  if (text === undefined) return
  writer.byte(tag)
  writer.sized(text, sizeOf(text))
}

const nameOfKind = new Map<number, KindName>(
  Object.entries(kindCodes).map(([name, code]) => [code, name as KindName])
)

/** Reads an envelope. Never throws, whatever the bytes are; its bytes are views of those that are read. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | UnknownEnvelope {
  if (bytes[0] !== magic0 || bytes[1] !== magic1) return unknown('foreign')
  if (bytes.length < headBytes) return unknown('garbled')
  if (bytes[2] !== version) return unknown('version')
  const kind = nameOfKind.get(bytes[3] as number)
  if (kind === undefined) return unknown('kind')
  if (bytes.length > maxEnvelopeBytes) return unknown('garbled')
  const form = bytes[5] as number
  if (form > forms.dataBytes || (form !== forms.bytes && kind !== 'broadcast')) return unknown('form')
  return read(kind, bytes[4] as number, form, new ByteReader(bytes, headBytes)) ?? unknown('garbled')
}

function read(kind: KindName, bits: number, form: number, reader: ByteReader): Envelope | undefined {
  const publisher = reader.text()
  const topic = reader.text()
  const event = reader.text()
  const isText = form === forms.json || form === forms.dataText
  const content = isText ? reader.text() : reader.sized()
  let dropStale: string | undefined
  let trace: string | undefined
  let label: string | undefined
  let kept: KeptFields | undefined
  while (reader.hasMore) {
    const tag = reader.byte()
    if (tag === tags.dropStale) dropStale = reader.text()
    else if (tag === tags.trace) trace = reader.text()
    else if (tag === tags.label) label = reader.text()
    else if (tag === tags.position) kept = { ...kept, position: reader.text() }
    else if (tag === tags.sender) kept = { ...kept, sender: reader.text() }
    else if (tag === tags.token) kept = { ...kept, token: reader.text() }
    else reader.skip()
  }
  if (reader.failed) return undefined
  if (kind === 'signal') return { kind, publisher, name: event, body: content as Uint8Array, trace }
  if (form === forms.json) {
    return {
      kind,
      publisher,
      topic,
      event,
      body: new JsonText(content as string),
      dropStale,
      trace,
      ...(kept && { kept })
    }
  }
  if (form === forms.bytes) {
    return {
      kind,
      publisher,
      topic,
      event,
      body: content as Uint8Array,
      dropStale,
      trace,
      ...(kept && { kept })
    }
  }
  if (label === undefined) return undefined
  const body = new DataMessage(label, content, {
    dropStale,
    droppable: (bits & flags.kept) === 0,
    fallback: (bits & flags.noFallback) === 0 ? 'channel' : 'none'
  })
  return { kind, publisher, topic, event, body, dropStale: body.staleName, trace }
}

function unknown(why: UnknownEnvelope['why']): UnknownEnvelope {
  return { kind: 'unknown', why }
}
