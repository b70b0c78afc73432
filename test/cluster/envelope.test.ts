import fc from 'fast-check'
import t from 'tap'
import {
  type BroadcastEnvelope,
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  type UnknownEnvelope
} from '../../lib/cluster/envelope.js'
import { bodyOf, type EnvelopeBody } from '../../lib/data/body.js'
import { DataMessage } from '../../lib/data/message.js'
import { JsonText } from '../../lib/protocol/serializer/json.js'

const runs = { numRuns: 500 }

const text = fc.string({ unit: 'grapheme' })
const maybeText = fc.option(text, { nil: undefined })
const bytes = fc.uint8Array({ maxLength: 300 })
const map = fc.dictionary(text, fc.jsonValue())

const dataMessage = fc
  .record({ label: text, data: fc.oneof(text, bytes), dropStale: maybeText, droppable: fc.boolean() })
  .chain(({ label, data, ...options }) =>
    fc
      .constantFrom('channel' as const, 'none' as const)
      .map((fallback) => new DataMessage(label, data, { ...options, fallback }))
  )
const body: fc.Arbitrary<EnvelopeBody> = fc.oneof(map.map(bodyOf), bytes, dataMessage)

const broadcast: fc.Arbitrary<Envelope> = fc.record({
  kind: fc.constant('broadcast' as const),
  publisher: text,
  topic: text,
  event: text,
  body,
  dropStale: maybeText,
  trace: maybeText
})
const signal: fc.Arbitrary<Envelope> = fc.record({
  kind: fc.constant('signal' as const),
  publisher: text,
  name: text,
  body: bytes,
  trace: maybeText
})
const envelope = fc.oneof(broadcast, signal)

const example: BroadcastEnvelope = {
  kind: 'broadcast',
  publisher: 'node-1',
  topic: 'room:1',
  event: 'said',
  body: new JsonText('{"text":"é"}'),
  dropStale: 'last',
  trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
}

/** A body, and an envelope, as what can be compared. */
function plainBody(body: EnvelopeBody): unknown {
  if (body instanceof JsonText) return { json: body.text }
  if (!(body instanceof DataMessage)) return { hex: Buffer.from(body).toString('hex') }
  const { label, data, dropStale, droppable, hasFallback, except } = body
  const sent = typeof data === 'string' ? data : { hex: Buffer.from(data).toString('hex') }
  return { label, sent, dropStale, droppable, hasFallback, except }
}

function plain(envelope: Envelope | UnknownEnvelope): unknown {
  if (envelope.kind === 'unknown') return envelope
  const { body } = envelope
  const ofData = body instanceof DataMessage ? { dropStale: body.staleName } : {}
  return { ...envelope, ...ofData, body: plainBody(body) }
}

const why = (bytes: Uint8Array): string | undefined => {
  const read = decodeEnvelope(bytes)
  return read.kind === 'unknown' ? read.why : undefined
}

/** The bytes with others in place of those at `at`. */
function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(values, at)
  return copy
}

t.test('an envelope is read as it was written', async (t) => {
  fc.assert(
    fc.property(envelope, (sent) => {
      t.strictSame(plain(decodeEnvelope(encodeEnvelope(sent))), plain(sent))
    }),
    runs
  )
})

t.test('texts of every length are written alike, short or long, ASCII or not', async (t) => {
  for (let length = 0; length < 200; length++) {
    for (const topic of ['t'.repeat(length), 'é'.repeat(length), `${'t'.repeat(length)}\u{1f600}`]) {
      const sent = { ...example, topic }
      t.strictSame(plain(decodeEnvelope(encodeEnvelope(sent))), plain(sent))
      t.ok(Buffer.from(encodeEnvelope(sent)).includes(topic))
    }
  }
})

t.test('it is written as the layout says', async (t) => {
  const sent = encodeEnvelope({
    kind: 'broadcast',
    publisher: 'n',
    topic: 't:1',
    event: 'e',
    body: Uint8Array.of(1, 2),
    dropStale: 's'
  })
  t.equal(Buffer.from(sent).toString('hex'), 'f55001010000016e03743a310165020102010173')
})

t.test('four mebibytes of each form travel unchanged', async (t) => {
  const size = 4 * 1024 * 1024
  const bytes = Buffer.alloc(size, 'ab\u00e9')
  const json = JSON.stringify({ text: 'é'.repeat(size / 2) })
  const bodies = [
    new JsonText(json),
    bytes,
    new DataMessage('files', bytes),
    new DataMessage('files', bytes.toString('latin1'))
  ]
  for (const body of bodies) {
    const read = decodeEnvelope(encodeEnvelope({ ...example, body })) as BroadcastEnvelope
    t.strictSame(plainBody(read.body), plainBody(body))
  }
})

t.test('JSON is parsed when somebody looks at it', async (t) => {
  const parse = t.capture(JSON, 'parse', JSON.parse)
  const read = decodeEnvelope(encodeEnvelope(example)) as BroadcastEnvelope
  t.same(parse(), [])
  t.same((read.body as JsonText).value, { text: 'é' })
})

t.test('an object becomes JSON once, and handlers of this node get the object itself', async (t) => {
  const payload = { text: 'hi' }
  const body = bodyOf(payload) as JsonText
  t.equal(body.text, '{"text":"hi"}')
  t.equal(body.value, payload)
  t.equal(bodyOf(body), body)
})

t.test('the bytes of a message are copied when it is sent', async (t) => {
  const mine = Uint8Array.of(1, 2, 3)
  const sent = encodeEnvelope({ ...example, body: new DataMessage('game', mine) })
  mine.fill(0)
  const { body } = decodeEnvelope(sent) as BroadcastEnvelope
  t.same([...((body as DataMessage).data as Uint8Array)], [1, 2, 3])
})

t.test('whom a message is not for stays on its node', async (t) => {
  const except = { id: 'users:1', dataSink: undefined }
  const sent = encodeEnvelope({ ...example, body: new DataMessage('game', 'x', { except }) })
  t.equal(((decodeEnvelope(sent) as BroadcastEnvelope).body as DataMessage).except, undefined)
})

t.test('what cannot be encoded is refused with a code', async (t) => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  for (const payload of [undefined, null, 'text', 1, [1], { big: 1n }, circle]) {
    t.throws(() => bodyOf(payload), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  }
  for (const part of ['publisher', 'topic', 'event', 'dropStale', 'trace']) {
    const wrong = { ...example, [part]: 5 }
    t.throws(() => encodeEnvelope(wrong), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  }
  const body = Buffer.alloc(64 * 1024 * 1024)
  t.throws(() => encodeEnvelope({ ...example, body }), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
})

t.test('half a surrogate pair becomes U+FFFD, as in what clients are sent', async (t) => {
  const half = 'cut \ud83d'
  const sent = encodeEnvelope({ ...example, topic: half, event: half, body: bodyOf({ half }) })
  t.match(plain(decodeEnvelope(sent)), {
    topic: 'cut \ufffd',
    event: 'cut \ufffd',
    body: { json: '{"half":"cut \ufffd"}' }
  })
})

t.test('fields and flags of a newer node are passed over', async (t) => {
  const sent = encodeEnvelope(example)
  const newer = Buffer.concat([sent, Buffer.of(200, 3, 7, 8, 9), Buffer.of(201, 0)])
  newer[4] = 0b1111_1100
  t.strictSame(plain(decodeEnvelope(newer)), plain(example))
  const bare = encodeEnvelope({ ...example, dropStale: undefined, trace: undefined })
  const behind = Buffer.concat([bare, Buffer.of(200, 1, 7, 1, 4), Buffer.from('last')])
  t.match(decodeEnvelope(behind), { dropStale: 'last', topic: 'room:1' })
})

t.test('what a newer node means otherwise is passed over, and says why', async (t) => {
  const sent = encodeEnvelope(example)
  t.equal(why(patched(sent, 2, 2)), 'version')
  t.equal(why(patched(sent, 3, 99)), 'kind')
  t.equal(why(patched(sent, 5, 99)), 'form')
  t.equal(why(encodeSignalWithForm(1)), 'form')
  t.equal(why(patched(sent, 0, 0x7b)), 'foreign')
  t.equal(why(new Uint8Array()), 'foreign')
  t.equal(why(Buffer.from('{"topic":"room:1"}')), 'foreign')
})

function encodeSignalWithForm(form: number): Uint8Array {
  return patched(
    encodeEnvelope({ kind: 'signal', publisher: 'n', name: 'ping', body: new Uint8Array() }),
    5,
    form
  )
}

t.test('what is cut off anywhere is no envelope, or one without its last fields', async (t) => {
  const sent = encodeEnvelope(example)
  const ends = new Set<number>()
  const { trace, dropStale, ...rest } = example
  ends.add(encodeEnvelope(rest).length)
  ends.add(encodeEnvelope({ ...rest, dropStale }).length)
  for (let length = 0; length < sent.length; length++) {
    const read = decodeEnvelope(sent.subarray(0, length))
    if (ends.has(length)) t.match(read, { kind: 'broadcast', event: 'said' })
    else t.same(read, { kind: 'unknown', why: length < 2 ? 'foreign' : 'garbled' }, `${length} bytes`)
  }
})

t.test('data without its label is garbled', async (t) => {
  const sent = encodeEnvelope({
    ...example,
    dropStale: undefined,
    trace: undefined,
    body: new DataMessage('g', 'x')
  })
  t.equal(why(sent.subarray(0, sent.length - 3)), 'garbled')
})

t.test('text that is no UTF-8 is garbled, and U+FFFD itself is text', async (t) => {
  const sent = encodeEnvelope({ ...example, event: 'said' })
  t.equal(why(patched(sent, Buffer.from(sent).indexOf('said'), 0xff)), 'garbled')
  t.match(decodeEnvelope(encodeEnvelope({ ...example, event: '\ufffd' })), { event: '\ufffd' })
})

t.test('any bytes are an envelope or none, and never throw', async (t) => {
  const head = fc.tuple(fc.nat(6), fc.nat(8), fc.nat(5)).map((rest) => Uint8Array.of(0xf5, 0x50, 1, ...rest))
  const nearly = fc.array(fc.oneof(fc.nat(6), fc.nat(255)), { maxLength: 80 })
  fc.assert(
    fc.property(bytes, (bytes) => decodeEnvelope(bytes).kind === 'unknown'),
    runs
  )
  fc.assert(
    fc.property(head, nearly, (head, rest) => {
      decodeEnvelope(Buffer.concat([head, Uint8Array.from(rest)]))
    }),
    { numRuns: 5000 }
  )
  t.pass()
})

t.test('an envelope with any bits flipped is an envelope or none, and never throws', async (t) => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(envelope, flips, (sent, flips) => {
      const bytes = Uint8Array.from(encodeEnvelope(sent))
      for (const [at, bit] of flips) {
        const index = at % bytes.length
        bytes[index] = (bytes[index] as number) ^ (1 << bit)
      }
      const read = decodeEnvelope(bytes)
      if (read.kind !== 'unknown') encodeEnvelope(read)
    }),
    { numRuns: 2000 }
  )
  t.pass()
})
