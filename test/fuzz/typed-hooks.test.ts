import fc from 'fast-check'
import t from 'tap'
import { encodeMirror, kitchenSink, sinks } from '../fixtures/kitchen-sink.js'
import { typedWorld } from '../hooks/typed/helpers.js'

const proto = kitchenSink.replaceAll('Mirror', 'Run')
let reply: unknown
const { callJson, callRaw, seen } = typedWorld(proto, (_call, request) => reply ?? request)

const fieldNames = [...kitchenSink.matchAll(/(\w+) = \d+/g)].map(([, name]) => `${name}`)
const key = fc.oneof(fc.constantFrom(...fieldNames, 'sink', '__proto__', 'toString'), fc.string())

/** Anything in the place of a field, messages inside each other above all. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.jsonValue({ maxDepth: 0 }),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true })
  )
}))

t.test('every JSON is a request or invalid, and a request is answered', async () => {
  fc.assert(
    fc.property(tree, (sink) => {
      seen.length = 0
      const result = callJson([{ sink }])
      if (!result.ok) return result.reason === 'invalid_args' && seen.length === 0
      JSON.parse(result.json)
      return seen.length === 1
    }),
    { numRuns: 2000 }
  )
})

t.test('every message is a request or invalid, and a request is answered', async () => {
  const damage = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 4 }),
    insert: fc.uint8Array({ maxLength: 4 })
  })
  fc.assert(
    fc.property(sinks, fc.array(damage, { maxLength: 4 }), (sink, all) => {
      seen.length = 0
      const message = all.reduce((bytes, { at, remove, insert }) => {
        const start = at % (bytes.length + 1)
        return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)])
      }, encodeMirror(sink))
      const result = callRaw(message)
      if (!result.ok) return result.reason === 'invalid_request_payload' && seen.length === 0
      return seen.length === 1 && callRaw(result.raw).ok
    }),
    { numRuns: 1000 }
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (message) => {
      const result = callRaw(message)
      return result.ok || result.reason === 'invalid_request_payload'
    }),
    { numRuns: 2000 }
  )
})

t.test('every result is a reply in both formats or in none', async () => {
  const anything = fc.anything({
    withBigInt: true,
    withNullPrototype: true,
    withTypedArray: true,
    withDate: true
  })
  fc.assert(
    fc.property(fc.oneof(tree, fc.dictionary(key, anything, { maxKeys: 3 })), (sink) => {
      reply = { sink }
      const results = [callJson(), callRaw(new Uint8Array())]
      reply = undefined
      return results[0]?.ok === results[1]?.ok
    }),
    { numRuns: 2000 }
  )
})

t.test('messages inside each other are taken to a depth, however they are written', async (t) => {
  const nestedJson = (depth: number): string => `${'{"nested":'.repeat(depth)}{}${'}'.repeat(depth)}`
  const callNested = (depth: number) => callJson([{ sink: JSON.parse(nestedJson(depth)) }])
  t.ok(callNested(99).ok)
  t.match(callNested(100), { reason: 'invalid_args' })
  t.match(callNested(20_000), { reason: 'invalid_args' })

  /** The field `nested`, number 39, around itself. */
  const nestedBytes = (depth: number): Buffer => {
    let bytes = Buffer.alloc(0)
    for (let i = 0; i <= depth; i++) {
      const tag = i === depth ? [0x0a] : [0xba, 0x02]
      const length = bytes.length > 127 ? [(bytes.length & 127) | 128, bytes.length >>> 7] : [bytes.length]
      bytes = Buffer.concat([Buffer.from([...tag, ...length]), bytes])
    }
    return bytes
  }
  t.ok(callRaw(nestedBytes(99)).ok)
  t.match(callRaw(nestedBytes(100)), { reason: 'invalid_request_payload' })
  t.match(callRaw(nestedBytes(3000)), { reason: 'invalid_request_payload' })
  t.match(callRaw(Buffer.alloc(60_000, 0x0b)), { reason: 'invalid_request_payload' }, 'groups')
})
