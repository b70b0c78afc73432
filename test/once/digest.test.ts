import fc from 'fast-check'
import t from 'tap'
import { digestOf } from '../../lib/once/digest.js'

const digest = (...args: unknown[]): string => digestOf('shop', 'buy', args)

t.test('the order of members says nothing', async (t) => {
  t.equal(digest({ a: 1, b: { c: 2, d: [3] } }), digest({ b: { d: [3], c: 2 }, a: 1 }))
  t.equal(digest({ a: 1, gone: undefined }), digest({ a: 1 }))
})

t.test('whatever else differs is another call', async (t) => {
  const calls = [
    [],
    [null],
    [undefined, null],
    ['null'],
    [[]],
    [{}],
    [''],
    [0],
    ['0'],
    [0n],
    [false],
    [[1, 2]],
    [[12]],
    [['1,2']],
    [1, 2],
    [2, 1],
    [{ a: 1 }],
    [{ a: '1' }],
    [{ a: [1] }],
    [{ '"a":1,"b"': 2 }],
    [{ a: 1, b: 2 }],
    [new Uint8Array([1])],
    [new Uint8Array([1, 0])],
    ['AQ=='],
    ['<AQ==>']
  ]
  const digests = calls.map((args) => digest(...args))
  t.equal(new Set(digests).size, calls.length)
  t.not(digestOf('shop', 'buy', []), digestOf('shop', 'sell', []))
  t.not(digestOf('shop', 'buy', []), digestOf('shopb', 'uy', []))
})

t.test('values of JSON have one digest exactly when their texts, with sorted members, are one', async () => {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted)
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
    // An empty list and an object without members are two.
    return { members: members.map(([name, member]) => [name, sorted(member)]) }
  }
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const copy = JSON.parse(JSON.stringify(one))
      const isSame =
        JSON.stringify(sorted([copy])) === JSON.stringify(sorted([JSON.parse(JSON.stringify(other))]))
      return digest(one) === digest(copy) && (digest(one) === digest(other)) === isSame
    })
  )
})
