import fc from 'fast-check'
import t from 'tap'
import { decodeTerm } from '../../lib/auth/erlang-decode.js'
import { encodeTerm } from '../../lib/auth/erlang-encode.js'
import { maxTermBytes, maxTermDepth, tags } from '../../lib/auth/erlang-term.js'

function isRefusal(err: unknown, code: string): boolean {
  return err instanceof Error && (err as { code?: unknown }).code === code
}

/** How deep a term is, and of how many values it is made. */
function measure(term: unknown): { depth: number; values: number } {
  if (typeof term !== 'object' || term === null || term instanceof Uint8Array) return { depth: 0, values: 1 }
  const inner = Object.values(term).map(measure)
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    values: inner.reduce((sum, { values }) => sum + values, 1)
  }
}

/** Whether the bytes are refused with a code, or make a term within the bounds. */
function staysInBounds(bytes: Uint8Array): boolean {
  try {
    const { depth, values } = measure(decodeTerm(bytes))
    return bytes.length <= maxTermBytes && depth <= maxTermDepth + 1 && values <= bytes.length
  } catch (err) {
    return isRefusal(err, 'PHX_ERR_AUTH_TERM_DECODE')
  }
}

const head = Buffer.of(131)

t.test('any bytes are a term within the bounds, or refused', async (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => staysInBounds(bytes)))
  // Mostly tags and small numbers, so that much of it is nearly a term.
  const byte = fc.oneof(fc.constantFrom(...Object.values(tags)), fc.nat(3), fc.nat(255))
  const nearly = fc.array(byte, { maxLength: 300 })
  fc.assert(
    fc.property(nearly, (bytes) => staysInBounds(Buffer.concat([head, Buffer.from(bytes)]))),
    { numRuns: 5000 }
  )
  t.pass()
})

t.test('the longest and the deepest of each kind is refused or read at once', async (t) => {
  const patterns: number[][] = [
    [106],
    [104, 1],
    [104, 255],
    [108, 0, 0, 0, 1],
    [108, 0, 0, 46, 220],
    [108, 255, 255, 255, 255],
    [116, 0, 0, 0, 1, 119, 1, 97],
    [111, 0, 0, 46, 200, 0],
    [109, 0, 0, 46, 200],
    [107, 46, 200]
  ]
  for (const pattern of patterns) {
    for (const size of [maxTermBytes, maxTermBytes + 1, 1_000_000]) {
      const bytes = Buffer.alloc(size, Buffer.from(pattern))
      bytes.copy(bytes, 1, 0, size - 1)
      bytes[0] = 131
      t.ok(staysInBounds(bytes), `${pattern} in ${size} bytes`)
    }
  }
})

/** What comes back as it went in: text, numbers, lists and maps of it. */
const data = fc.letrec((tie) => ({
  term: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 300n }),
    fc.bigInt({ min: -(2n ** 3000n), max: -(2n ** 60n) }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
    fc.array(fc.nat(255)),
    fc.array(tie('term')),
    fc.dictionary(fc.string(), tie('term'), { noNullPrototype: false })
  )
})).term

t.test('every term that is written reads as what it was', async (t) => {
  fc.assert(
    fc.property(data, (value) => {
      let bytes: Buffer
      try {
        bytes = encodeTerm(value)
      } catch (err) {
        return isRefusal(err, 'PHX_ERR_AUTH_TERM_ENCODE')
      }
      const read = decodeTerm(bytes)
      // The keys of maps come back in another order, which makes no difference to what is written.
      return bytes.equals(encodeTerm(read)) && fc.stringify(sorted(read)) === fc.stringify(sorted(value))
    }),
    { numRuns: 2000 }
  )
  t.pass()
})

/** The value with its maps as lists of entries in a fixed order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, inner]) => ({ key, inner: sorted(inner) }))
}

t.test('any value of JavaScript is written or refused', async (t) => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true
  })
  fc.assert(
    fc.property(anything, (value) => {
      try {
        return encodeTerm(value).length <= maxTermBytes
      } catch (err) {
        return isRefusal(err, 'PHX_ERR_AUTH_TERM_ENCODE')
      }
    }),
    { numRuns: 2000 }
  )
  t.pass()
})
