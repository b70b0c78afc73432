import fc from 'fast-check'
import t from 'tap'
import { protobufCodec } from '../../lib/client/protobuf.js'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const nobody = () => undefined
const codec = protobufCodec()

const numbers = {
  encodeRequest: ({ n }: { n: number }) => Uint8Array.of(8, n),
  decodeReply: (data: Uint8Array) => {
    if (data[0] !== 8) throw new Error('no reply')
    return { n: data[1] }
  }
}
const typed = protobufCodec({ p: { f: numbers } })
const findsTyped = (id: number) => (id === 1 ? { plugin: 'p', fn: 'f' } : undefined)

t.test('a call is an RtcEnvelope with its arguments as JSON', async (t) => {
  t.equal(codec.protocol, 'protobuf')
  const call = { id: 1, plugin: 'a', fn: 'b', json: '[]' }
  t.same(codec.encode(call), bytes('0a 0c  08 01  12 01 61  1a 01 62  22 02 5b 5d'))
  t.same(codec.encode({ ...call, id: 300 }), bytes('0a 0d  08 ac 02  12 01 61  1a 01 62  22 02 5b 5d'))
  const largest = codec.encode({ ...call, id: 2 ** 32 - 1 })
  t.same(largest, bytes('0a 10  08 ff ff ff ff 0f  12 01 61  1a 01 62  22 02 5b 5d'))
})

t.test('long arguments and other scripts are bytes like others', async (t) => {
  const json = JSON.stringify(['ä'.repeat(100)])
  const message = codec.encode({ id: 1, plugin: 'ä', fn: 'b', json }) as Uint8Array
  t.same(message.slice(0, 3), bytes('0a d8 01'))
  t.equal(Buffer.from(message).subarray(-204).toString(), json)
})

t.test('a typed hook is called with its own message', async (t) => {
  const call = { id: 1, plugin: 'p', fn: 'f', json: '[{"n":5}]' }
  t.same(typed.encode(call), bytes('0a 0c  08 01  12 01 70  1a 01 66  2a 02 08 05'))
  const other = typed.encode({ ...call, fn: 'toString', json: '[]' }) as Uint8Array
  t.same(other.slice(-4), bytes('22 02 5b 5d'), 'names that objects inherit are no typed hooks')
})

t.test('answers are read: JSON, the message of a typed hook, and errors', async (t) => {
  t.same(codec.decode(bytes('12 06  08 01  12 02 34 32'), nobody), { id: 1, data: 42 })
  t.same(codec.decode(bytes('1a 08  08 01  12 04 6e 6f 70 65'), nobody), { id: 1, error: 'nope' })
  t.same(codec.decode(bytes('1a 02  08 01'), nobody), { id: 1, error: '' })
  t.same(typed.decode(bytes('12 06  08 01  1a 02 08 07'), findsTyped), { id: 1, data: { n: 7 } })
})

t.test('fields that are not known yet are skipped', async (t) => {
  const message = bytes(
    '7a 01 00  12 18  79 01 02 03 04 05 06 07 08  7d 01 02 03 04  78 01  08 01  12 04 6e 75 6c 6c'
  )
  t.same(codec.decode(message, nobody), { id: 1, data: null })
})

t.test('an answer that says whose it is, and nothing that can be read, is an error', async (t) => {
  const invalid = { id: 1, error: 'invalid_reply' }
  t.same(codec.decode(bytes('12 05  08 01  12 01 7b'), nobody), invalid, 'no JSON')
  t.same(codec.decode(bytes('12 05  08 01  12 01 ff'), nobody), invalid, 'no UTF-8')
  t.same(codec.decode(bytes('12 02  08 01'), nobody), invalid, 'no data')
  t.same(codec.decode(bytes('12 06  08 01  1a 02 08 07'), nobody), invalid, 'not of a typed hook')
  t.same(typed.decode(bytes('12 06  08 01  1a 02 09 07'), findsTyped), invalid, 'the reply is none')
})

t.test('what is no answer is none, and nothing throws', async (t) => {
  for (const hex of [
    '',
    '00',
    'ff',
    '12',
    '12 05',
    '12 ff ff ff ff 0f',
    '13',
    '12 01 08',
    '0a 02 08 01',
    '12 00'
  ]) {
    t.equal(codec.decode(bytes(hex), nobody), undefined, hex)
  }
  t.equal(codec.decode(bytes(`08${' ff'.repeat(11)} 01`), nobody), undefined, 'a varint without an end')
  t.equal(codec.decode('{"type":"hook_reply","id":1}', nobody), undefined, 'text')
})

t.test('random bytes are never taken for more than they are', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
      const reply = codec.decode(message, nobody)
      return reply === undefined || typeof reply.id === 'number'
    })
  )
  t.pass()
})
