import { ByteReader } from '../cluster/byte-reader.js'
import { ByteWriter, sizeOfSized } from '../cluster/byte-writer.js'
import { sizeOf } from '../util/size-of.js'
import { readTracked, type Tracked } from './meta.js'

/** One operation of a log: a meta that left, by its ref, one that joined, or both for an update. */
export interface Op {
  /** Empty where none has left. */
  readonly left: string
  readonly joined: Tracked | undefined
}

/** One that does nothing: it counts, as every operation of a log does. */
export const noOp: Op = { left: '', joined: undefined }

/** About how many bytes of operations one message has at most, beyond the last of them. */
const maxLength = 64 * 1024

/** A meta that is longer stays on its node: no engine would carry it. */
const maxMetaLength = 1024 * 1024

export const isTooLong = ({ text }: Tracked): boolean => text.length > maxMetaLength

/** Where the message ends that begins with the operation at `start`. */
export function endOfPart(ops: readonly Op[], start: number, maxOps: number): number {
  let length = 0
  let end = start
  while (end < ops.length && end - start < maxOps && length < maxLength) length += lengthOf(ops[end++] as Op)
  return end
}

/** About how many bytes it takes. */
export function lengthOf({ left, joined }: Op): number {
  if (joined === undefined) return 5 + left.length
  return 5 + left.length + joined.topic.length + joined.key.length + joined.text.length
}

/** Of every operation the first byte: nodes pass over others than they know, and the four texts behind. */
const change = 1

/**
 * The bytes of operations behind a head in JSON. A meta goes as the text that it has already, and comes as the one
 * that lists are made of.
 */
export function encodeOps(head: object, ops: readonly Op[]): Uint8Array {
  const headText = JSON.stringify(head)
  const headSize = sizeOf(headText)
  let size = sizeOfSized(headSize)
  const sizes = new Array<number>(ops.length * 4)
  let at = 0
  for (const op of ops) {
    size++
    for (const text of textsOf(op)) {
      const textSize = sizeOf(text)
      sizes[at++] = textSize
      size += sizeOfSized(textSize)
    }
  }
  const writer = new ByteWriter(size)
  writer.sized(headText, headSize)
  at = 0
  for (const op of ops) {
    writer.byte(change)
    for (const text of textsOf(op)) writer.sized(text, sizes[at++] as number)
  }
  return writer.bytes
}

function textsOf({ left, joined }: Op): [string, string, string, string] {
  return joined === undefined ? [left, '', '', ''] : [left, joined.topic, joined.key, joined.text]
}

export interface ReadOps {
  readonly ops: Op[]
  /** How many of them do nothing, as they could not be read. */
  readonly unreadable: number
}

/** What a message says, its operations still to be read. */
export interface OpsMessage {
  readonly head: Readonly<Record<string, unknown>>
  /** Throws where the bytes are cut off. */
  ops(): ReadOps
}

/** Throws where the head is no JSON. */
export function decodeOps(bytes: Uint8Array): OpsMessage {
  const reader = new ByteReader(bytes, 0)
  const head = Object(JSON.parse(reader.text()))
  return {
    head,
    ops() {
      const ops: Op[] = []
      let unreadable = 0
      while (reader.hasMore) {
        const op = readOp(reader)
        if (op === undefined) unreadable++
        ops.push(op ?? noOp)
      }
      if (reader.failed) throw new TypeError('the operations are cut off')
      return { ops, unreadable }
    }
  }
}

function readOp(reader: ByteReader): Op | undefined {
  const isKnown = reader.byte() === change
  const left = reader.text()
  const topic = reader.text()
  const key = reader.text()
  const text = reader.text()
  if (!isKnown) return undefined
  if (text === '') return { left, joined: undefined }
  const joined = readTracked(topic, key, text)
  return joined === undefined ? undefined : { left, joined }
}
