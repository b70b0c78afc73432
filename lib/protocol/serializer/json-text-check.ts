import { isUtf8 } from 'node:buffer'
import { isTooDeep, maxJsonDepth, scan } from './json-depth.js'

const tooDeep = `more than ${maxJsonDepth} levels`

/** What only a number over the range of doubles can have: three digits of exponent, or a very long run of digits. */
const largeExponent = /\d[eE]\+?\d{3}/
const longRun = 200

/**
 * Why a text of JSON must not be passed on, although it was parsed: it has half a surrogate pair, which parsers of
 * other languages throw for, a number that became `Infinity` and would go out as null, or more levels than
 * can be written again. Undefined for ordinary texts, at the price of a scan.
 */
export function textProblem(text: string, value: unknown): string | undefined {
  const finding = scan(text)
  if (finding === 'too deep') return tooDeep
  if (text.includes('\\u') && hasLoneSurrogate(text)) return 'half a surrogate pair'
  const mayOverflow = (finding !== undefined && largeExponent.test(text)) || mayHaveLongRun(text)
  if (mayOverflow && hasInfinity(value)) return 'a number that is too large'
  return undefined
}

/** Whether bytes are other text than `text`, which was made of them: what is no UTF-8 becomes U+FFFD. */
export function isLossy(text: string, bytes: Uint8Array): boolean {
  return text.includes('\ufffd') && !isUtf8(bytes)
}

/**
 * Texts that were parsed: only escapes can make half a pair there. Clients that escape whatever is not ASCII send
 * little else, so that nothing is made for an escape here.
 */
function hasLoneSurrogate(text: string): boolean {
  /** Where the second half has to be. */
  let due = -1
  let at = text.indexOf('\\')
  while (at !== -1) {
    const isUnit = text[at + 1] === 'u'
    const half = isUnit ? halfAt(text, at + 2) : 0
    if ((half === low) !== (due === at)) return true
    if (due !== -1 && due !== at) return true
    const end = at + (isUnit ? 6 : 2)
    due = half === high ? end : -1
    at = text.indexOf('\\', end)
  }
  return due !== -1
}

const high = 1
const low = 2

/** Which half of a pair four hexadecimal digits stand for, if any: D8 to DB begin a first one, DC to DF a second. */
function halfAt(text: string, at: number): number {
  if (lowerCase(text, at) !== 'd') return 0
  const digit = lowerCase(text, at + 1)
  if (digit < '8') return 0
  return digit === '8' || digit === '9' || digit === 'a' || digit === 'b' ? high : low
}

function lowerCase(text: string, at: number): string {
  return (text[at] as string).toLowerCase()
}

/** Every run that is long enough covers one of the places that are looked at. */
function mayHaveLongRun(text: string): boolean {
  for (let i = longRun; i < text.length; i += longRun) {
    if (!isDigit(text.charCodeAt(i))) continue
    let start = i
    let end = i
    while (isDigit(text.charCodeAt(start - 1))) start--
    while (isDigit(text.charCodeAt(end + 1))) end++
    if (end - start >= longRun) return true
  }
  return false
}

/** NaN, past either end, is none. */
function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** Not recursive: a client chooses how deep it is. */
function hasInfinity(value: unknown): boolean {
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next === 'number') {
      if (!Number.isFinite(next)) return true
    } else if (typeof next === 'object' && next !== null) {
      for (const part of Object.values(next)) pending.push(part)
    }
  }
  return false
}

/**
 * The text of JSON with U+FFFD in place of each half of a surrogate pair, which `JSON.stringify` writes as an escape:
 * a string that was cut within an emoji must not make the clients of others throw.
 */
export function wellFormedText(json: string): string {
  if (!json.includes('\\ud')) return json
  // Whole pairs are no escapes there; a backslash that is itself escaped takes two characters.
  return json.replace(/\\(?:ud[89a-f][\da-f]{2}|.)/g, (part) => (part.length === 6 ? '\ufffd' : part))
}

/**
 * The text that `JSON.stringify` gave, well-formed; what has no JSON counts as null. Throws a RangeError for what is
 * too deep, as `JSON.stringify` itself does for even deeper values on some versions of Node.
 */
export function textToSend(json: string | undefined): string {
  if (json === undefined) return 'null'
  if (isTooDeep(json)) throw new RangeError(tooDeep)
  return wellFormedText(json)
}

/** Half a surrogate pair: whole ones are one character each. */
const half = /\p{Surrogate}/u

/** Shorter texts are written as quickly as they are looked at. */
const longText = 256

/**
 * The well-formed JSON of a text. A long one with nothing to escape gets its quotes and no more: `JSON.parse` finds that out in
 * a third of the time that `JSON.stringify` takes.
 */
export function quoted(text: string): string {
  return text.length >= longText && isPlain(text) ? `"${text}"` : wellFormedText(JSON.stringify(text))
}

function isPlain(text: string): boolean {
  if (text.includes('"') || text.includes('\\') || text.includes('\n') || half.test(text)) return false
  try {
    // Throws for control characters.
    JSON.parse(`"${text}"`)
    return true
  } catch {
    return false
  }
}
