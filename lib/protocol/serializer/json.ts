import { DecodeFailed, EncodeFailed } from '../../errors.js'
import { isObject } from '../../util/is-object.js'
import { isBinary, type Scalar } from '../message.js'
import { isLossy, textProblem, textToSend } from './json-text-check.js'

/**
 * A payload that is JSON text already, for `push`, `broadcast` and replies; it is sent as it is, and
 * not checked. It must be the text of an object where only an object may be sent.
 */
export class JsonText {
  /** What is sent. */
  readonly text: string
  #value: unknown

  /** `value` is what the text stands for, where that is at hand. */
  constructor(text: string, value?: object) {
    this.text = text
    this.#value = value
  }

  /** What the text stands for, which handlers get: parsed when it is asked for the first time. */
  get value(): unknown {
    if (this.#value === undefined) this.#value = JSON.parse(this.text)
    return this.#value
  }

  /** For what makes JSON of it without knowing it, as a serializer of the application. */
  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}

/**
 * The JSON text of a payload. Half a surrogate pair in a string becomes U+FFFD, as in UTF-8: parsers of
 * other languages throw for its escape.
 */
export function stringify(payload: unknown): string {
  if (payload instanceof JsonText) return payload.text
  let text: string | undefined
  try {
    text = JSON.stringify(payload)
    if (text !== undefined) return textToSend(text)
  } catch (cause) {
    throw new EncodeFailed('the payload is no JSON', { cause })
  }
  throw new EncodeFailed('the payload is no JSON')
}

/** Longer refs, topics and events are left to {@link stringify}. */
const longestPlain = 64

/** The JSON text of a ref, topic, event or status, which most often needs nothing but its quotes. */
export function stringifyScalar(value: Scalar): string {
  if (value === null) return 'null'
  return typeof value === 'string' && isPlain(value) ? `"${value}"` : stringify(value)
}

/** Short, ASCII, and without what JSON escapes. */
function isPlain(text: string): boolean {
  if (text.length > longestPlain) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code > 126 || code === 34 || code === 92) return false
  }
  return true
}

/** The JSON text of what a reply carries; a reply without a response has an empty object. */
export function stringifyResponse(response: unknown): string {
  return response === undefined ? '{}' : stringify(response)
}

/**
 * Parses JSON of a client, and refuses what others could not read or would read otherwise: bytes that are no UTF-8,
 * half a surrogate pair, numbers over the range of doubles, and what is too deep.
 */
export function parse(data: Buffer): unknown {
  const text = data.toString()
  if (isLossy(text, data)) throw new DecodeFailed('no UTF-8')
  return parseText(text)
}

/** As {@link parse}, for what is text already. */
export function parseText(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DecodeFailed('no JSON', { cause })
  }
  const problem = textProblem(text, value)
  if (problem !== undefined) throw new DecodeFailed(problem)
  return value
}

/** Refuses what can be no ref, topic or event. */
export function scalar(value: unknown, name: string): Scalar {
  if (value !== null && typeof value === 'object') throw new DecodeFailed(`${name} is no scalar`)
  return value as Scalar
}

/** Whether a payload is what Phoenix calls a map: pushes and broadcasts carry nothing else but bytes. */
export function isMap(payload: unknown): boolean {
  return isObject(payload) && !isBinary(payload)
}
