import t from 'tap'
import { v1 } from '../../../lib/protocol/serializer/v1.js'

const undecodable = { code: 'PHX_ERR_SERIALIZER_DECODE' }
const unencodable = { code: 'PHX_ERR_SERIALIZER_ENCODE' }

const decode = (text: string, isBinary = false) => v1.decode(Buffer.from(text), isBinary)
const message = '{"topic":"room:a","event":"shout","payload":{"x":1},"ref":"2"}'

t.test('a message is an object with topic, event, payload and ref', async (t) => {
  t.same(decode(message), {
    joinRef: null,
    ref: '2',
    topic: 'room:a',
    event: 'shout',
    payload: { x: 1 },
    bytes: message.length
  })
})

t.test('a join_ref is taken when it is there', async (t) => {
  t.equal(decode('{"topic":"t","event":"e","payload":{},"ref":"2","join_ref":"1"}').joinRef, '1')
})

t.test('a binary frame is read as JSON text', async (t) => {
  t.equal(decode(message, true).topic, 'room:a')
})

t.test('every member must be there, as one of its own', async (t) => {
  for (const missing of ['topic', 'event', 'payload', 'ref']) {
    const { [missing]: _, ...rest } = JSON.parse(message)
    t.throws(() => decode(JSON.stringify(rest)), undecodable, missing)
  }
  t.throws(() => decode(`{"__proto__":${message}}`), undecodable)
})

t.test('what is no object is refused', async (t) => {
  for (const text of ['', '[]', 'null', '1', '"text"', '{', '["1","2","t","e",{}]']) {
    t.throws(() => decode(text), undecodable, text)
  }
})

t.test('an object or array where a scalar belongs is refused', async (t) => {
  for (const [member, value] of Object.entries({ topic: {}, event: [], ref: {}, join_ref: [] })) {
    t.throws(() => decode(JSON.stringify({ ...JSON.parse(message), [member]: value })), undecodable, member)
  }
})

t.test('replies, pushes and broadcasts are objects without a join_ref', async (t) => {
  t.equal(
    v1.encodeReply({ joinRef: '1', ref: '2', topic: 't', status: 'ok', response: undefined }),
    '{"topic":"t","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"2"}'
  )
  t.equal(
    v1.encodePush({ joinRef: '1', ref: null, topic: 't', event: 'e', payload: { x: 1 } }),
    '{"topic":"t","event":"e","payload":{"x":1},"ref":null}'
  )
  t.equal(
    v1.encodeBroadcast({ topic: 't', event: 'e', payload: {} }),
    '{"topic":"t","event":"e","payload":{},"ref":null}'
  )
})

t.test('bytes cannot be sent', async (t) => {
  const payload = Buffer.from([1])
  t.throws(
    () => v1.encodeReply({ joinRef: '1', ref: '2', topic: 't', status: 'ok', response: payload }),
    unencodable
  )
  t.throws(() => v1.encodePush({ joinRef: '1', ref: null, topic: 't', event: 'e', payload }), unencodable)
  t.throws(() => v1.encodeBroadcast({ topic: 't', event: 'e', payload }), unencodable)
})
