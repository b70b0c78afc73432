import t from 'tap'
import { parse, stringify } from '../../../lib/protocol/serializer/json.js'
import { v1 } from '../../../lib/protocol/serializer/v1.js'
import { v2 } from '../../../lib/protocol/serializer/v2.js'
import { jsonCodec } from '../../../lib/webrtc/rpc-json.js'
import { ok, TestSocket } from '../../fixtures/test-socket.js'

const malformed = { code: 'PHX_ERR_SERIALIZER_DECODE' }

const lone = [
  '"\\ud800"',
  '"\\uDBFF"',
  '"\\udc00"',
  '"\\udfff\\ud800"',
  '"\\ud800\\ud800"',
  '"\\ud83d x \\ude00"',
  '"\\ud83d\\n\\ude00"',
  '"\\ud83dx"',
  '{"\\ud800":1}',
  '{"a":[{"b":"x\\\\\\ud800"}]}',
  '"\\ud83d\\ude00\\ude00"',
  '"\\uDbFf"',
  '"\\ud83d\\\\ude00"',
  '"\\ud83d\\u0041\\ude00"'
]
const whole = [
  '"\\ud83d\\ude00"',
  '"\\uD83D\\uDE00 \\u00e9 \\\\ud800"',
  '"\\\\\\\\ud800"',
  '"\\u005cud800 \\uDbFf\\uDfFF \\ud7ff\\ue000"',
  '"😀"',
  '{"\\ud83d\\ude00":"\\ud83d\\ude00\\ud83d\\ude00"}'
]

t.test('half a surrogate pair is refused, a whole one and what only looks like one are not', async (t) => {
  for (const text of lone) {
    t.throws(() => parse(Buffer.from(text)), malformed, text)
    t.throws(() => v2.decode(Buffer.from(`["1","2","a","x",${text}]`), false), malformed)
    t.throws(
      () => v1.decode(Buffer.from(`{"topic":"a","event":"x","ref":"1","payload":${text}}`), false),
      malformed
    )
  }
  t.throws(() => v2.decode(Buffer.from('["1","2","\\ud800","x",{}]'), false), malformed)
  for (const text of whole) t.same(parse(Buffer.from(text)), JSON.parse(text), text)
})

t.test('a number over the range of doubles is refused, wherever it stands', async (t) => {
  const large = ['1e400', '-1E+309', '[{"a":1e0400}]', '9'.repeat(400), `1${'0'.repeat(250)}e99`, '1.5e999']
  for (const text of large) t.throws(() => parse(Buffer.from(text)), malformed, text)
  const fine = ['1e308', '1e-400', '"1e400"', '9'.repeat(300), '1.7976931348623157e308', '{"1e999":"2e999"}']
  for (const text of fine) t.same(parse(Buffer.from(text)), JSON.parse(text), text)

  const long = `"${'1e400 '.repeat(500)}"`
  for (const text of large) t.throws(() => parse(Buffer.from(`[${long},true,${text}]`)), malformed, text)
  for (const text of fine)
    t.same(parse(Buffer.from(`[${long},${text}]`)), [JSON.parse(long), JSON.parse(text)])
})

t.test('bytes that are no UTF-8 are refused, U+FFFD itself is not', async (t) => {
  for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    const text = Buffer.concat([Buffer.from('"'), Buffer.from(bytes), Buffer.from('"')])
    t.throws(() => parse(text), malformed)
  }
  t.equal(parse(Buffer.from('"\ufffd"')), '\ufffd')
})

t.test('the sender is closed with 1011, and nobody else hears of it', async (t) => {
  for (const payload of ['{"a":"\\ud800"}', '{"a":1e400}']) {
    const client = new TestSocket({
      channels: {
        '*': {
          join: () => ok,
          handleIn: { say: (said, channel) => channel.broadcast('said', said as object) }
        }
      }
    })
    client.join('a')
    client.sent()
    client.socket.receive(Buffer.from(`["1","2","a","say",${payload}]`), false)
    t.same(client.sent(), [])
    t.same(client.transport.closes, [1011])
  }
})

t.test('calls over a DataChannel with such arguments are dropped', async (t) => {
  const call = (args: string) => `{"type":"call_hook","plugin":"p","fn":"f","args":${args}}`
  for (const text of lone) t.equal(jsonCodec.decode(call(text)), undefined)
  t.equal(jsonCodec.decode(call('[1e400]')), undefined)
  for (const text of whole) t.ok(jsonCodec.decode(call(text)))
})

t.test('what the application sends has U+FFFD in place of half a pair', async (t) => {
  t.equal(
    stringify({ 'a\ud800': ['😀'.slice(0, 1), '\\ud800', '😀'] }),
    '{"a\ufffd":["\ufffd","\\\\ud800","😀"]}'
  )
  const text = v2.encodePush({ joinRef: '1', ref: null, topic: 'a', event: 'x', payload: { a: '\udc00"' } })
  t.equal(text, '["1",null,"a","x",{"a":"\ufffd\\""}]')
})
