import fc from 'fast-check'
import t from 'tap'
import type { Scalar } from '../../lib/protocol/message.js'
import { v1 } from '../../lib/protocol/serializer/v1.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'

const runs = { numRuns: 500 }
const serializers = { v1, v2 }

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null)
)
const map = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
/** UTF-8 of up to 255 bytes. */
const short = fc.string({ unit: 'binary', maxLength: 60 })
const bytes = fc.uint8Array({ maxLength: 300 })

/** Decodes, and says nothing but a message or the one error. */
function decodesOrRefuses(decode: () => object): boolean {
  try {
    const message = decode() as Record<string, unknown>
    return ['joinRef', 'ref', 'topic', 'event'].every((key) => Object(message[key]) !== message[key])
  } catch (err) {
    if ((err as { code?: string }).code === 'PHX_ERR_SERIALIZER_DECODE') return true
    throw err
  }
}

/** What JSON makes of a value: -0 and `__proto__` included. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

for (const [name, serializer] of Object.entries(serializers)) {
  t.test(`${name} makes a message or the decode error of any bytes, text and JSON`, async (t) => {
    const inputs = fc.oneof(
      bytes,
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(fc.jsonValue(), { maxLength: 7 }).map((value) => JSON.stringify(value)),
      fc
        .record(
          { topic: scalar, event: scalar, ref: fc.jsonValue(), payload: fc.jsonValue() },
          { requiredKeys: [] }
        )
        .map((value) => JSON.stringify(value))
    )
    fc.assert(
      fc.property(inputs, fc.boolean(), (input, isBinary) =>
        decodesOrRefuses(() => serializer.decode(Buffer.from(input as string), isBinary))
      ),
      runs
    )
    t.pass()
  })

  t.test(`a push that ${name} encoded can be taken apart again`, async (t) => {
    fc.assert(
      fc.property(scalar, scalar, scalar, scalar, map, (joinRef, ref, topic, event, payload) => {
        const frame = serializer.encodePush({ joinRef, ref, topic, event, payload })
        const decoded = serializer.decode(Buffer.from(frame as string), false)
        t.same(
          [decoded.ref, decoded.topic, decoded.event, decoded.payload],
          throughJson([ref, topic, event, payload])
        )
        if (serializer === v2) t.same(decoded.joinRef, throughJson(joinRef))
      }),
      { numRuns: 100 }
    )
  })
}

t.test('binary frames are taken apart as they were put together', async (t) => {
  fc.assert(
    fc.property(short, short, bytes, (topic, event, payload) => {
      const frame = v2.encodePush({ joinRef: '1', ref: null, topic, event, payload }) as Buffer
      // The push of a server has no ref: a client's has, behind the join_ref.
      const header = [0, frame[1] as number, 0, frame[2] as number, frame[3] as number]
      const decoded = v2.decode(Buffer.concat([Buffer.from(header), frame.subarray(4)]), true)
      const text = (value: string): string => Buffer.from(value).toString()
      t.match(decoded, { joinRef: '1', ref: '', topic: text(topic), event: text(event) })
      t.ok(Buffer.from(payload).equals(decoded.payload as Buffer))
    }),
    { numRuns: 200 }
  )
})
