import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { encodeMirror, kitchenSink, sinks } from '../../fixtures/kitchen-sink.js'
import { typedWorld } from './helpers.js'

const proto = kitchenSink.replaceAll('Mirror', 'Run')
const mirror = () => typedWorld(proto, (_call, value) => value)

t.test('a hook gets the same request, whichever format it came in', async () => {
  const { callJson, callRaw, seen } = mirror()
  fc.assert(
    fc.property(sinks, (sink) => {
      seen.length = 0
      const results = [callJson([{ sink }]), callRaw(encodeMirror(sink))]
      if (results.some(({ ok }) => !ok)) throw new Error(JSON.stringify([sink, results]))
      assert.deepStrictEqual(seen[1], seen[0])
    })
  )
})

t.test('a caller gets the same reply, whichever format it asked in', async () => {
  const { callJson, callRaw, seen } = mirror()
  fc.assert(
    fc.property(sinks, (sink) => {
      seen.length = 0
      const json = callJson([{ sink }])
      const raw = callRaw(encodeMirror(sink))
      if (!json.ok || !raw.ok) throw new Error(JSON.stringify(sink))
      // A reply is a request in this proto text: what was answered is read by being asked.
      callJson([JSON.parse(json.json)])
      callRaw(raw.raw)
      assert.deepStrictEqual(seen[2], seen[0])
      assert.deepStrictEqual(seen[3], seen[0])
    })
  )
})

t.test('JSON takes the lowerCamelCase names of ProtoJSON, and answers those of the proto text', async (t) => {
  const { callJson } = mirror()
  const result = callJson([{ sink: { toString: 'a', byI64: { 1: 'x' }, doubleOne: 2 } }])
  t.match(result.ok && JSON.parse(result.json), {
    sink: { to_string: 'a', by_i64: { 1: 'x' }, double_one: 2 }
  })
  t.match(callJson([{ sink: { to_string: 'a', toString: 'b' } }]), { reason: 'invalid_args' })
})

t.test('JSON takes 64-bit integers as numbers while they are safe, and base64 in any form', async (t) => {
  const { callJson, seen } = mirror()
  const good = { i64: -5, u64: 2 ** 53 - 1, u64s: [1, '2'], blob: '_-8', blobs: ['/+8=', '_w==', ''] }
  t.ok(callJson([{ sink: good }]).ok)
  t.match(seen[0], {
    sink: {
      i64: -5n,
      u64: 9_007_199_254_740_991n,
      u64s: [1n, 2n],
      blob: Buffer.from([255, 239]),
      blobs: [Buffer.from([255, 239]), Buffer.from([255]), Buffer.alloc(0)]
    }
  })
  const bad = [
    { i64: 2 ** 53 },
    { i64: 1.5 },
    { i64: '9223372036854775808' },
    { u64: '-1' },
    { i64: '' },
    { i64: '0x5' },
    { i64: ' 5' },
    { blob: 'a' },
    { blob: 'ab=' },
    { blob: 'ab?=' },
    { blob: [1] },
    { color: 'green' },
    { color: 'toString' },
    { single: 1e39 },
    { single: '1' },
    { double_one: 'nan' },
    { flag: 'true' },
    { text: '\ud800' },
    { by_text: { a: null } },
    { by_u64: { '-1': {} } },
    { by_flag: { True: 'RED' } },
    { i32s: [null] },
    { i32s: 5 },
    { chosen_text: 'a', chosen_i64: 1 },
    { point: [] }
  ]
  for (const sink of bad) t.match(callJson([{ sink }]), { reason: 'invalid_args' }, JSON.stringify(sink))
})

t.test('null is a field that is absent', async (t) => {
  const { callJson, seen } = mirror()
  callJson([{ sink: { i32: null, texts: null, by_text: null, point: null, chosen_text: null, flag: true } }])
  callJson([{ sink: { flag: true } }])
  t.strictSame(seen[0], seen[1])
})

t.test('of a field that comes twice the last one counts, and of a oneof the last member', async (t) => {
  const { callRaw, seen } = mirror()
  const parts = [
    { i32: 1, chosen_text: 'a' },
    { i32: 2, text: 'kept' },
    { chosen_i64: '5', maybe_i32: 0 }
  ]
  callRaw(Buffer.concat(parts.map(encodeMirror)))
  callRaw(encodeMirror({ i32: 2, text: 'kept', chosen_i64: '5', maybe_i32: 0 }))
  t.strictSame(seen[0], seen[1])
})

t.test('an entry of a map that has no value has the default of its type', async (t) => {
  const { callRaw, seen } = mirror()
  /** `sink`, and in it one entry of the map with that number, with neither key nor value. */
  const entryOf = (number: number) => Buffer.from([0x0a, 3, ((number << 3) & 0x7f) | 0x82, number >> 4, 0])
  const empty = { text: { '': 0 }, i64: { 0: '' }, u64: { 0: { x: 0, y: 0 } }, flag: { false: 'RED' } }
  const all = { ...empty, s32: { 0: new Uint8Array() }, f32: { 0: false } }
  for (const [at, [name, entry]] of Object.entries(all).entries()) {
    seen.length = 0
    t.ok(callRaw(entryOf(25 + at)).ok, name)
    t.strictSame((seen[0] as { sink: Record<string, unknown> }).sink[`by_${name}`], entry)
  }
})
