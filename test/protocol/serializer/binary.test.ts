import t from 'tap'
import { v2 } from '../../../lib/protocol/serializer/v2.js'

const undecodable = { code: 'PHX_ERR_SERIALIZER_DECODE' }
const unencodable = { code: 'PHX_ERR_SERIALIZER_ENCODE' }
const payload = Buffer.from([0, 255, 1])

const decode = (...parts: (number[] | string)[]) =>
  v2.decode(Buffer.concat(parts.map((part) => Buffer.from(part as string))), true)

t.test('a push is five bytes of header, then join_ref, ref, topic, event and the payload', async (t) => {
  const message = decode([0, 1, 2, 6, 5], '1', '23', 'room:a', 'shout', [0, 255, 1])
  t.match(message, { joinRef: '1', ref: '23', topic: 'room:a', event: 'shout', bytes: 22 })
  t.same(message.payload, payload)
})

t.test('every part of a push may be empty', async (t) => {
  t.match(decode([0, 0, 0, 0, 0]), { joinRef: '', ref: '', topic: '', event: '', payload: Buffer.alloc(0) })
})

t.test('a push may have fields of 255 bytes', async (t) => {
  t.equal(decode([0, 0, 0, 255, 0], 'x'.repeat(255)).topic, 'x'.repeat(255))
})

t.test('a push that is shorter than its header says is refused', async (t) => {
  for (const frame of [[], [0], [0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 2, 0, 65], [0, 0, 0, 0, 255]]) {
    t.throws(() => decode(frame), undecodable, `[${frame}]`)
  }
})

t.test('a client can send no other kind than a push', async (t) => {
  for (const kind of [1, 2, 3, 255]) t.throws(() => decode([kind, 0, 0, 0, 0]), undecodable)
})

t.test('text that is not UTF-8 is refused', async (t) => {
  t.throws(() => decode([0, 0, 0, 1, 0], [0xff]), undecodable)
  t.throws(() => decode([0, 0, 0, 3, 0], [0xed, 0xa0, 0x80]), undecodable)
})

t.test('a push of the server has a join_ref, and no ref', async (t) => {
  const frame = v2.encodePush({ joinRef: '1', ref: null, topic: 'ä', event: 'e', payload })
  t.same(frame, Buffer.from([0, 1, 2, 1, 49, 0xc3, 0xa4, 101, 0, 255, 1]))
})

t.test('a reply has both refs and its status', async (t) => {
  const frame = v2.encodeReply({ joinRef: 1, ref: null, topic: 't', status: 'ok', response: payload })
  t.same(frame, Buffer.from([1, 1, 0, 1, 2, 49, 116, 111, 107, 0, 255, 1]))
})

t.test('a broadcast has topic and event alone', async (t) => {
  const frame = v2.encodeBroadcast({ topic: 't', event: 'e', payload })
  t.same(frame, Buffer.from([2, 1, 1, 116, 101, 0, 255, 1]))
})

t.test('bytes may come as any Uint8Array, and nothing around them is sent', async (t) => {
  const view = new Uint8Array(new Uint8Array([9, 9, 7, 9]).buffer, 2, 1)
  const frame = v2.encodeBroadcast({ topic: '', event: '', payload: view })
  t.same(frame, Buffer.from([2, 0, 0, 7]))
})

t.test('a field of more than 255 bytes cannot be sent', async (t) => {
  const long = 'ä'.repeat(128)
  t.throws(() => v2.encodeBroadcast({ topic: long, event: 'e', payload }), unencodable)
  t.throws(() => v2.encodeBroadcast({ topic: 't', event: long, payload }), unencodable)
  t.throws(() => v2.encodePush({ joinRef: long, ref: null, topic: 't', event: 'e', payload }), unencodable)
  t.throws(
    () => v2.encodeReply({ joinRef: '1', ref: long, topic: 't', status: 'ok', response: payload }),
    unencodable
  )
})
