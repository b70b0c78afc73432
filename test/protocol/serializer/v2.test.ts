import t from 'tap'
import { JsonText } from '../../../lib/protocol/serializer/json.js'
import { v2 } from '../../../lib/protocol/serializer/v2.js'

const undecodable = { code: 'PHX_ERR_SERIALIZER_DECODE' }
const unencodable = { code: 'PHX_ERR_SERIALIZER_ENCODE' }

const decode = (text: string) => v2.decode(Buffer.from(text), false)

t.test('a message is an array of join_ref, ref, topic, event and payload', async (t) => {
  t.same(decode('["1","2","room:a","shout",{"x":1}]'), {
    joinRef: '1',
    ref: '2',
    topic: 'room:a',
    event: 'shout',
    payload: { x: 1 },
    bytes: 34
  })
})

t.test('refs, topic and event may be any scalar, and the payload any value', async (t) => {
  t.match(decode('[1,null,true,2.5,"text"]'), {
    joinRef: 1,
    ref: null,
    topic: true,
    event: 2.5,
    payload: 'text'
  })
  t.equal(decode('[null,null,"a","b",null]').payload, null)
})

t.test('the size of a message is that of its frame in bytes', async (t) => {
  const text = '["1","2","room:ä","e",{}]'
  t.equal(decode(text).bytes, Buffer.byteLength(text))
})

t.test('what follows the fifth element is ignored', async (t) => {
  t.equal(decode('["1","2","t","e",{"x":1},6,7]').event, 'e')
})

t.test('what is no message is refused', async (t) => {
  for (const text of [
    '',
    '{}',
    '[]',
    'null',
    '5',
    '["1","2","t","e"]',
    '["1"',
    '\uFEFF["1","2","t","e",{}]'
  ]) {
    t.throws(() => decode(text), undecodable, text)
  }
})

t.test('an object or array where a scalar belongs is refused', async (t) => {
  for (const text of [
    '[{},"2","t","e",{}]',
    '["1",[],"t","e",{}]',
    '["1","2",{},"e",{}]',
    '["1","2","t",[],{}]'
  ]) {
    t.throws(() => decode(text), undecodable, text)
  }
})

t.test(
  'bytes inside of an object are written as JSON.stringify does: only whole payloads travel as bytes',
  async (t) => {
    const push = (payload: object) =>
      JSON.parse(v2.encodePush({ joinRef: '1', ref: null, topic: 't', event: 'e', payload }) as string)[4]
    t.same(push({ data: Buffer.from([7]) }), { data: { type: 'Buffer', data: [7] } })
    t.same(push({ data: Uint8Array.of(7) }), { data: { 0: 7 } })
  }
)

t.test('a payload may have members named like those of prototypes', async (t) => {
  const { payload } = decode('["1","2","t","e",{"__proto__":{"admin":true},"constructor":1}]')
  t.equal((payload as { admin?: boolean }).admin, undefined)
  t.same(Object.keys(payload as object), ['__proto__', 'constructor'])
})

t.test('a reply carries its status and response', async (t) => {
  const frame = v2.encodeReply({
    joinRef: '1',
    ref: '2',
    topic: 't',
    status: 'ok',
    response: { a: [1, null] }
  })
  t.equal(frame, '["1","2","t","phx_reply",{"status":"ok","response":{"a":[1,null]}}]')
})

t.test('a reply without a response carries an empty object', async (t) => {
  const frame = v2.encodeReply({ joinRef: null, ref: 7, topic: 't', status: 'error', response: undefined })
  t.equal(frame, '[null,7,"t","phx_reply",{"status":"error","response":{}}]')
})

t.test('text that is JSON already is embedded as it is', async (t) => {
  const response = new JsonText('{"a": 1.0}')
  const frame = v2.encodeReply({ joinRef: '1', ref: '2', topic: 't', status: 'ok', response })
  t.equal(frame, '["1","2","t","phx_reply",{"status":"ok","response":{"a": 1.0}}]')
})

t.test('text is escaped wherever it stands', async (t) => {
  const quote = '"\\\n\u2028'
  const frame = v2.encodePush({
    joinRef: quote,
    ref: quote,
    topic: quote,
    event: quote,
    payload: { x: quote }
  })
  t.same(JSON.parse(frame.toString()), [quote, quote, quote, quote, { x: quote }])
})

t.test('a push is an array as well, a broadcast one without refs', async (t) => {
  const push = { joinRef: '1', ref: null, topic: 't', event: 'e', payload: { x: 1 } }
  t.equal(v2.encodePush(push), '["1",null,"t","e",{"x":1}]')
  t.equal(v2.encodeBroadcast({ topic: 't', event: 'e', payload: {} }), '[null,null,"t","e",{}]')
})

t.test('pushes and broadcasts take nothing but objects and bytes', async (t) => {
  for (const payload of [null, undefined, 1, 'text', true, [1]]) {
    t.throws(() => v2.encodePush({ joinRef: '1', ref: null, topic: 't', event: 'e', payload }), unencodable)
    t.throws(() => v2.encodeBroadcast({ topic: 't', event: 'e', payload }), unencodable)
  }
})

t.test('what JSON cannot hold is refused, whatever goes wrong with it', async (t) => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const throwing = {
    toJSON() {
      throw new Error('no')
    }
  }
  for (const response of [circular, { n: 1n }, throwing, () => {}, Symbol('s')]) {
    t.throws(
      () => v2.encodeReply({ joinRef: '1', ref: '2', topic: 't', status: 'ok', response }),
      unencodable
    )
  }
})

t.test('a payload nested too deep is refused, not fatal', async (t) => {
  const payload = { a: JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`) }
  t.throws(() => v2.encodePush({ joinRef: '1', ref: null, topic: 't', event: 'e', payload }), unencodable)
})
