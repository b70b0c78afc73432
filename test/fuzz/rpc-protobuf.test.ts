import fc from 'fast-check'
import t from 'tap'
import { protobufCodec } from '../../lib/webrtc/rpc-protobuf.js'
import { type EnvelopeCall, encodeCall, RtcEnvelope } from '../fixtures/rtc-envelope.js'

const string = fc.string({ unit: 'grapheme' })
const bytes = fc.uint8Array({ maxLength: 40 })
const names = { id: fc.nat({ max: 2 ** 32 - 1 }), plugin: string, fn: string }
const calls: fc.Arbitrary<EnvelopeCall> = fc.oneof(
  fc.record(names, { requiredKeys: [] }),
  fc.record({ ...names, args_json: bytes }),
  fc.record({ ...names, args_raw: bytes }),
  fc.record({ ...names, args_json: bytes, key: string })
)

/** A call as the protobuf library reads it; undefined for what is none. */
function readByLibrary(message: Uint8Array) {
  const { call_hook: call } = RtcEnvelope.toObject(RtcEnvelope.decode(message))
  if (call === undefined) return undefined
  const { id = 0, plugin = '', fn = '', args_json: json, args_raw: raw, key } = call
  return { id, hookPlugin: plugin, fn, args: json ? { json } : raw ? { raw } : undefined, key }
}

t.test('every call is read as the protobuf library reads it', async () => {
  fc.assert(
    fc.property(fc.array(calls, { minLength: 1, maxLength: 3 }), (parts) => {
      const message = Buffer.concat(parts.map(encodeCall))
      t.same(protobufCodec.decode(message), readByLibrary(message))
    })
  )
})

/** Bytes that somebody turned over, cut out or put in. */
const damages = fc.array(
  fc.record({ at: fc.nat({ max: 80 }), remove: fc.nat({ max: 3 }), insert: fc.uint8Array({ maxLength: 3 }) }),
  { minLength: 1, maxLength: 4 }
)

function damage(message: Buffer, { at, remove, insert }: { at: number; remove: number; insert: Uint8Array }) {
  const start = at % (message.length + 1)
  return Buffer.concat([message.subarray(0, start), insert, message.subarray(start + remove)])
}

t.test('hostile bytes never throw, and what is still a call is the one that the library reads', async (t) => {
  let accepted = 0
  fc.assert(
    fc.property(calls, damages, (call, all) => {
      const message = all.reduce(damage, encodeCall(call))
      const read = protobufCodec.decode(message)
      if (read === undefined) return
      accepted++
      let expected: unknown
      try {
        expected = readByLibrary(message)
      } catch {
        // It also reads what is not used: the contents of other messages, and names as they are.
        return
      }
      t.same(read, expected)
    }),
    { numRuns: 2000 }
  )
  t.ok(accepted > 0)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
      protobufCodec.decode(Buffer.from(message))
    }),
    { numRuns: 2000 }
  )
})
