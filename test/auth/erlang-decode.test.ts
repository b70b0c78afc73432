import t from 'tap'
import { decodeTerm } from '../../lib/auth/erlang-decode.js'
import type { Term } from '../../lib/auth/erlang-term.js'

/** Decodes a term that is given without its format version: numbers are bytes, text is Latin-1. */
function decode(...parts: (number | string)[]): Term {
  const bytes = parts.map((part) =>
    typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1')
  )
  return decodeTerm(Buffer.concat([Buffer.of(131), ...bytes]))
}

const refused = { code: 'PHX_ERR_AUTH_TERM_DECODE' }

t.test('integers of every size are numbers, and bigints where a number would not be exact', async (t) => {
  t.equal(decode(97, 255), 255)
  t.equal(decode(98, 255, 255, 255, 251), -5)
  t.equal(decode(110, 1, 0, 7), 7)
  t.equal(decode(110, 7, 0, 255, 255, 255, 255, 255, 255, 31), Number.MAX_SAFE_INTEGER)
  t.equal(decode(110, 7, 1, 255, 255, 255, 255, 255, 255, 31), Number.MIN_SAFE_INTEGER)
  t.equal(decode(110, 7, 0, 0, 0, 0, 0, 0, 0, 32), 2n ** 53n)
  t.equal(decode(110, 8, 1, 1, 0, 0, 0, 0, 0, 0, 128), -(2n ** 63n) - 1n)
  t.equal(decode(111, 0, 0, 1, 0, 0, ...new Array<number>(255).fill(0), 1), 2n ** 2040n)
  t.equal(decode(110, 0, 0), 0)
})

t.test('floats are numbers, if they are finite', async (t) => {
  t.equal(decode(70, 63, 248, 0, 0, 0, 0, 0, 0), 1.5)
  t.throws(() => decode(70, 127, 240, 0, 0, 0, 0, 0, 0), refused)
  t.throws(() => decode(70, 127, 248, 0, 0, 0, 0, 0, 0), refused)
})

t.test(
  'true, false and nil are what they are in JavaScript, other atoms are text, however they are written',
  async (t) => {
    t.equal(decode(100, 0, 4, 'true'), true)
    t.equal(decode(119, 5, 'false'), false)
    t.equal(decode(115, 3, 'nil'), null)
    t.equal(decode(118, 0, 5, 'admin'), 'admin')
    t.equal(decode(100, 0, 1, '\xe9'), 'é')
    t.equal(decode(119, 2, '\xc3\xa9'), 'é')
    t.equal(decode(119, 9, 'undefined'), 'undefined')
    t.throws(() => decode(119, 1, '\xe9'), refused, 'no UTF-8')
    t.throws(() => decode(100, 1, 0, 'a'.repeat(256)), refused, 'longer than an atom can be')
  }
)

t.test('binaries are text where they are UTF-8, and bytes where not', async (t) => {
  t.equal(decode(109, 0, 0, 0, 4, 'Zo\xc3\xab'), 'Zoë')
  t.equal(decode(109, 0, 0, 0, 0), '')
  t.same(decode(109, 0, 0, 0, 2, 255, 0), new Uint8Array([255, 0]))
})

t.test('lists, charlists and tuples are arrays', async (t) => {
  t.same(decode(106), [])
  t.same(decode(107, 0, 3, 'abc'), [97, 98, 99])
  t.same(decode(108, 0, 0, 0, 2, 97, 1, 106, 106), [1, []])
  t.same(decode(104, 2, 97, 1, 104, 0), [1, []])
  t.same(decode(105, 0, 0, 0, 1, 97, 1), [1])
})

t.test('maps are objects without a prototype, whatever their keys are called', async (t) => {
  const key = (name: string): [number, number, string] => [119, name.length, name]
  const map = decode(
    116,
    0,
    0,
    0,
    3,
    ...key('id'),
    97,
    7,
    ...key('__proto__'),
    106,
    109,
    0,
    0,
    0,
    1,
    'b',
    97,
    1
  )
  t.same(Object.entries(Object(map)), [
    ['id', 7],
    ['__proto__', []],
    ['b', 1]
  ])
  t.equal(Object.getPrototypeOf(map), null)
  t.equal((map as { constructor?: unknown }).constructor, undefined)
})

t.test('keys that are no text, or there twice, are refused', async (t) => {
  t.throws(() => decode(116, 0, 0, 0, 1, 97, 1, 97, 1), refused)
  t.throws(() => decode(116, 0, 0, 0, 1, 109, 0, 0, 0, 1, 255, 97, 1), refused)
  t.throws(() => decode(116, 0, 0, 0, 2, 119, 1, 'a', 97, 1, 109, 0, 0, 0, 1, 'a', 97, 2), refused)
})

t.test('what is no data is refused', async (t) => {
  const kinds: Record<string, (number | string)[]> = {
    'compressed term': [80, 0, 0, 0, 2, 'x'],
    pid: [103, 100, 0, 1, 'n', 0, 0, 0, 1, 0, 0, 0, 0, 0],
    'new pid': [88, 100, 0, 1, 'n', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    port: [102, 100, 0, 1, 'n', 0, 0, 0, 1, 0],
    reference: [114, 0, 1, 100, 0, 1, 'n', 0, 0, 0, 0, 1],
    fun: [112, 0, 0, 0, 30, 0],
    export: [113, 100, 0, 1, 'm', 100, 0, 1, 'f', 97, 0],
    'bit string': [77, 0, 0, 0, 1, 4, 240],
    'cached atom': [82, 0],
    'old float': [99, '1.50000000000000000000e+00', 0, 0, 0, 0, 0],
    'improper list': [108, 0, 0, 0, 1, 97, 1, 97, 2],
    'unknown kind': [0]
  }
  for (const [name, bytes] of Object.entries(kinds)) t.throws(() => decode(...bytes), refused, name)
})

t.test('a term that is cut short, or followed by something, or of another version, is refused', async (t) => {
  const whole = [104, 2, 109, 0, 0, 0, 2, 'ab', 116, 0, 0, 0, 1, 119, 1, 'a', 110, 2, 0, 1, 2]
  t.same(decode(...whole), ['ab', { a: 513 }])
  for (let length = 0; length < whole.length; length++)
    t.throws(() => decode(...whole.slice(0, length)), refused)
  t.throws(() => decode(...whole, 0), refused)
  t.throws(() => decodeTerm(Buffer.of(130, 106)), refused)
  t.throws(() => decodeTerm(Buffer.alloc(0)), refused)
})

t.test('a count is not believed beyond the bytes that are there', async (t) => {
  const counts = [255, 255, 255, 255]
  for (const tag of [105, 108, 109, 111, 116])
    t.throws(() => decode(tag, ...counts, 106), refused, `tag ${tag}`)
})

t.test('terms are 32 deep and 12,000 bytes large at most', async (t) => {
  const nested = (depth: number): number[] => [...new Array<number[]>(depth).fill([104, 1]).flat(), 106]
  t.ok(Array.isArray(decode(...nested(32))))
  t.throws(() => decode(...nested(33)), refused)
  const binary = (size: number) =>
    Buffer.concat([Buffer.of(131, 109, 0, 0, size >> 8, size & 255), Buffer.alloc(size)])
  t.equal((decodeTerm(binary(12_000 - 6)) as string).length, 11_994)
  t.throws(() => decodeTerm(binary(12_000 - 5)), refused)
})
