import t from 'tap'
import { decodeTerm } from '../../lib/auth/erlang-decode.js'
import { encodeTerm } from '../../lib/auth/erlang-encode.js'
import { atom, tuple } from '../../lib/auth/erlang-term.js'

const refused = { code: 'PHX_ERR_AUTH_TERM_ENCODE' }

/** The bytes of a term behind the format version. */
function encode(value: unknown): Buffer {
  const bytes = encodeTerm(value)
  return bytes.subarray(1)
}

t.test('integers take the smallest kind that holds them', async (t) => {
  t.same([...encode(0)], [97, 0])
  t.same([...encode(-0)], [97, 0])
  t.same([...encode(255)], [97, 255])
  t.same([...encode(256)], [98, 0, 0, 1, 0])
  t.same([...encode(-1)], [98, 255, 255, 255, 255])
  t.same([...encode(-(2 ** 31))], [98, 128, 0, 0, 0])
  t.same([...encode(2 ** 31)], [110, 4, 0, 0, 0, 0, 128])
  t.same([...encode(-(2 ** 31) - 1)], [110, 4, 1, 1, 0, 0, 128])
  t.same([...encode(2n ** 2040n)].slice(0, 6), [111, 0, 0, 1, 0, 0])
  t.same([...encode(7n)], [97, 7])
})

t.test('atoms are written in Latin-1 where they can be, else in UTF-8', async (t) => {
  t.same([...encode(true)], [100, 0, 4, ...Buffer.from('true')])
  t.same([...encode(null)], [100, 0, 3, ...Buffer.from('nil')])
  t.same([...encode(atom('é'))], [100, 0, 1, 233])
  t.same([...encode(atom('ł'))], [119, 2, ...Buffer.from('ł')])
  t.same([...encode(atom('ł'.repeat(255)))].slice(0, 3), [118, 1, 254])
  t.throws(() => encode(atom('a'.repeat(256))), refused)
  t.throws(() => encode(atom(5 as unknown as string)), refused)
})

t.test('lists of bytes are strings, as Erlang writes them', async (t) => {
  t.same([...encode([1, 2])], [107, 0, 2, 1, 2])
  t.same([...encode([1, 256])], [108, 0, 0, 0, 2, 97, 1, 98, 0, 0, 1, 0, 106])
  t.same([...encode([])], [106])
})

t.test('tuples and bytes are what they are', async (t) => {
  t.same([...encode(tuple('a', 1))], [104, 2, 109, 0, 0, 0, 1, 97, 97, 1])
  t.same([...encode(tuple(...new Array(256).fill(1)))].slice(0, 5), [105, 0, 0, 1, 0])
  t.same([...encode(new Uint8Array([255]))], [109, 0, 0, 0, 1, 255])
})

t.test('the keys of a map are in the order of Erlang: atoms, then binaries, each by its bytes', async (t) => {
  const map = new Map<unknown, number>([
    ['b', 1],
    [atom('z'), 2],
    ['a', 3],
    [atom('c'), 4]
  ])
  t.same(Object.keys(Object(decodeTerm(encodeTerm(map)))), ['c', 'z', 'a', 'b'])
  t.same(encode({ b: 1, a: 2 }), encode({ a: 2, b: 1 }))
  t.throws(() => encode(new Map([[1, 1]])), refused)
})

t.test('what there is no term for is refused', async (t) => {
  const values = [
    undefined,
    () => {},
    Symbol('s'),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Date(),
    new Set(),
    /x/
  ]
  for (const value of values) {
    t.throws(() => encode(value), refused)
    t.throws(() => encode({ nested: [value, 'x'] }), refused)
  }
})

t.test('what is circular, too deep or too large is refused', async (t) => {
  const circular: unknown[] = ['x']
  circular.push(circular)
  t.throws(() => encode(circular), refused)
  // Each level holds the one below it twice.
  let wide: unknown = 'x'
  for (let i = 0; i < 30; i++) wide = [wide, wide]
  t.throws(() => encode(wide), refused)
  t.throws(() => encode('x'.repeat(12_000)), refused)
})

t.test('an own property called __proto__ is a key like any other', async (t) => {
  const data = JSON.parse('{"__proto__":{"admin":true}}') as object
  t.same(Object.entries(Object(decodeTerm(encodeTerm(data)))), [['__proto__', { admin: true }]])
})
