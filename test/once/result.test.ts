import fc from 'fast-check'
import t from 'tap'
import { bytesOf, decodeResult, encodeResult, type KeptResult } from '../../lib/once/result.js'

const results: fc.Arbitrary<KeptResult> = fc.oneof(
  fc.record({ ok: fc.constant(false as const), reason: fc.string({ unit: 'grapheme' }) }),
  fc.record({ ok: fc.constant(true as const), json: fc.json() }),
  fc.record({ ok: fc.constant(true as const), json: fc.json(), raw: fc.uint8Array() })
)

t.test('a result is what it was after its way to another node', async () => {
  fc.assert(
    fc.property(results, (result) => {
      const decoded = decodeResult(encodeResult(result))
      if (decoded === undefined || decoded.ok !== result.ok) return false
      if (!result.ok || !decoded.ok)
        return (decoded as { reason?: string }).reason === (result as { reason?: string }).reason
      const isSame = Buffer.compare(decoded.raw ?? Buffer.alloc(0), result.raw ?? Buffer.alloc(0)) === 0
      return (
        isSame && decoded.json === result.json && (decoded.raw === undefined) === (result.raw === undefined)
      )
    })
  )
})

t.test('what is none is none, whatever it is', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      decodeResult(bytes)
      return true
    })
  )
  t.equal(decodeResult(Buffer.alloc(0)), undefined)
  t.equal(decodeResult(Buffer.from([1, 0, 0, 0, 5, 65])), undefined)
  t.equal(decodeResult(Buffer.from([9, 0, 0, 0, 0])), undefined)
})

t.test('its size is that of its texts in UTF-8, and of its bytes', async (t) => {
  t.equal(bytesOf({ ok: true, json: '"é"', raw: Buffer.alloc(10) }), 14)
  t.equal(bytesOf({ ok: false, reason: 'no' }), 2)
})
