import { readPosition } from '../kept-fields.js'
import { decodeMarks, encodeMarks, type KeptTerms, type Marks, noMarks, withMark } from './kept-marks.js'

/** The header of a message that a stream keeps: where it is in the history of its topic. */
export const keptHeader = 'Phx-Kept'

/** Bytes that headers of a kept message take at most, those of the server among them. */
export const keptHeaderBytes = 2048

/** A message says where the last one ahead of it was whose offset is a multiple of each. */
const strides = [16, 256, 4096] as const

/** So many that are right ahead of it, too. */
export const maxRecent = 8

/** What a kept message says of itself. */
export interface KeptRecord {
  /** 0 for one that is no message, but begins an epoch. */
  readonly offset: number
  readonly epoch: string
  /** Messages of the topic that were to be kept. */
  readonly size: number
  /** Number in the stream of the first one of the epoch; 0 in itself. */
  readonly first: number
  /** Numbers in the stream, by {@link strides}; 0 where there is none in the epoch. */
  readonly back: readonly number[]
  /** Numbers of the messages right ahead of it, the nearest first. */
  readonly recent: readonly number[]
  readonly marks: Marks
}

/** A kept message in its stream. */
export interface Kept {
  /** Its number there. */
  readonly seq: number
  readonly record: KeptRecord
  /** What it holds, and when it was taken, where that was read. */
  readonly stored?: { readonly bytes: Uint8Array; readonly at: number }
}

/** A message that is known by its offset; that of the first one of an epoch, 0 or 1, is given as 0. */
export interface Place {
  readonly seq: number
  readonly offset: number
}

/** `<offset> <epoch> <size> <first> <back> <back> <back> <recent>,<recent>... <marks>` */
export function encodeRecord({ offset, epoch, size, first, back, recent, marks }: KeptRecord): string {
  return [offset, epoch, size, first, ...back, recent.join() || '-', encodeMarks(marks)].join(' ')
}

/** Undefined for what is none. */
export function decodeRecord(text: string): KeptRecord | undefined {
  const [offset = '', epoch = '', ...rest] = text.split(' ')
  const position = readPosition(`${offset} ${epoch}`)
  const numbers = rest.slice(0, 2 + strides.length)
  const [size = Number.NaN, first = Number.NaN, ...back] = numbers.map(Number)
  const isWhole = back.length === strides.length && numbers.every((each) => /^\d{1,15}$/.test(each))
  if (position === undefined || !isWhole) return undefined
  const [list = '', cut, marks] = rest.slice(numbers.length)
  const recent = /^\d{1,15}(,\d{1,15})*$/.test(list) ? list.split(',').map(Number) : []
  return { ...position, size, first, back, recent, marks: decodeMarks(cut, marks) }
}

/** The record in the headers of a stored message. */
export function recordIn(headers: string): KeptRecord | undefined {
  const [, text] = /^Phx-Kept: *(.*?)\r?$/m.exec(headers) ?? []
  return text === undefined ? undefined : decodeRecord(text)
}

/** Begins an epoch, with a message, or without one. */
export function firstRecord(epoch: string, offset: 0 | 1, size: number): KeptRecord {
  return { offset, epoch, size, first: 0, back: strides.map(() => 0), recent: [], marks: noMarks }
}

/** Of the message that follows on another one. @param now in seconds since 1970, where it is known */
export function recordBehind({ seq, record }: Kept, terms: KeptTerms, now: number | undefined): KeptRecord {
  const { offset, epoch, first } = record
  const { size } = terms
  const back = strides.map((stride, index) => {
    const isOne = offset > 0 && offset % stride === 0
    return isOne ? seq : (record.back[index] ?? 0)
  })
  const recent = offset === 0 ? [] : [seq, ...record.recent].slice(0, maxRecent)
  const isMarked = offset > 0 && now !== undefined
  const marks = isMarked ? withMark(record.marks, { offset, seq, at: now }, terms) : record.marks
  return { offset: offset + 1, epoch, size, first: first === 0 ? seq : first, back, recent, marks }
}

/** The messages that one tells of, itself the first of them, and the first one of its epoch the last. */
export function placesFrom({ seq, record }: Kept): Place[] {
  const { offset, first, back } = record
  const start = { seq: first === 0 ? seq : first, offset: 0 }
  const places = strides.map((stride, index) => {
    const at = back[index] ?? 0
    return at === 0 ? start : { seq: at, offset: Math.floor((offset - 1) / stride) * stride }
  })
  return [{ seq, offset }, ...places, start]
}
