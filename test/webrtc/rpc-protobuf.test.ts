import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { failures } from '../../lib/hooks/results.js'
import type { HookRequest, HookResult, RawHookRequest } from '../../lib/hooks/types.js'
import { PeerCounters } from '../../lib/peers/peer-stats.js'
import { silentLogger } from '../../lib/util/logger.js'
import { RpcResponder } from '../../lib/webrtc/rpc.js'
import type { HookCalls } from '../../lib/webrtc/rpc-codec.js'
import { protobufCodec } from '../../lib/webrtc/rpc-protobuf.js'
import { decodeAnswer, encodeCall, jsonCall, RtcEnvelope, rawCall } from '../fixtures/rtc-envelope.js'

const echo: HookCalls = {
  call: ({ args }) => ({ ok: true, json: JSON.stringify(args ?? []) }),
  callRaw: ({ raw }) => ({ ok: true, raw })
}

function responder(hooks: HookCalls = echo, maxReplyBytes = 1_000_000) {
  const sent: (string | Uint8Array)[] = []
  const stats = new PeerCounters()
  const rpc = new RpcResponder({
    codec: protobufCodec,
    hooks,
    stats,
    log: silentLogger,
    maxReplyBytes,
    send: (reply) => sent.push(reply)
  })
  const receive = (message: string | Buffer) => rpc.receive(message, message.length, 'datachannel')
  const answers = () => sent.splice(0).map(decodeAnswer)
  return { sent, stats, receive, answers }
}

/** Bytes as one writes them down: `08 07` or `"text"`. */
function bytes(...parts: string[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (part.startsWith('"') ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex')))
  )
}

/** An envelope with a call of these fields. */
function callOf(...fields: Buffer[]): Buffer {
  const call = Buffer.concat(fields)
  return Buffer.concat([Buffer.from([0x0a, call.length]), call])
}

t.test('calls and answers are the bytes that gamend.realtime.v1 says', async (t) => {
  const { receive, sent } = responder()
  receive(bytes('0a0f', '0807', '1201', '"p"', '1a01', '"f"', '2205', '"[1,2]"'))
  receive(bytes('0a0c', '0807', '1201', '"p"', '1a01', '"f"', '2a02', 'ff00'))
  t.same(sent, [bytes('1209', '0807', '1205', '"[1,2]"'), bytes('1206', '0807', '1a02', 'ff00')])
})

t.test('a failed call is answered with its reason', async (t) => {
  const { receive, sent } = responder({ ...echo, call: () => failures.timeout })
  receive(jsonCall(300, 'p', 'f'))
  t.same(sent, [bytes('1a0c', '08ac02', '1207', '"timeout"')])
})

t.test('a call is handed on with what it came in', async (t) => {
  const seen: (HookRequest | RawHookRequest)[] = []
  const { receive } = responder({
    call(request) {
      seen.push(request)
      return failures.notFound
    },
    callRaw(request) {
      seen.push(request)
      return failures.notFound
    }
  })
  const json = jsonCall(1, 'päckchen', 'f', ['é'])
  for (const message of [json, rawCall(2, 'p', 'f', Buffer.from([1])), encodeCall({ plugin: 'p' })]) {
    receive(message)
  }
  receive(callOf(bytes('1201', '"p"', '7a02', '"k1"')))
  receive(callOf(bytes('2a00', '7a00')))
  const rest = { transport: 'datachannel', key: undefined }
  t.same(seen, [
    { ...rest, hookPlugin: 'päckchen', fn: 'f', args: ['é'], bytes: json.length },
    { ...rest, hookPlugin: 'p', fn: 'f', raw: Buffer.from([1]) },
    { ...rest, hookPlugin: 'p', fn: '', args: undefined, bytes: 5 },
    { ...rest, hookPlugin: 'p', fn: '', args: undefined, bytes: 9, key: 'k1' },
    { ...rest, hookPlugin: '', fn: '', raw: Buffer.alloc(0), key: '' }
  ])
})

t.test('every id of 32 bits comes back, and one that is left out stays so', async (t) => {
  const { receive, sent, answers } = responder()
  const ids = [1, 127, 128, 16_384, 2_147_483_648, 4_294_967_295]
  for (const id of ids) receive(jsonCall(id, 'p', 'f'))
  t.same(
    answers().map(({ id }) => id),
    ids
  )
  receive(jsonCall(0, 'p', 'f'))
  t.same(sent, [bytes('1204', '1202', '"[]"')])
})

t.test('arguments of any size and form are JSON as it came', async (t) => {
  const { receive, answers } = responder()
  const values = [[], null, { one: 1 }, 'text', [['x'.repeat(20_000)]], [{ __proto__: null, a: 'é' }]]
  for (const value of values) receive(jsonCall(1, 'p', 'f', value))
  t.same(
    answers().map(({ json }) => json),
    values.map((value) => value ?? [])
  )
})

t.test('arguments that are no JSON in UTF-8 are invalid', async (t) => {
  const { receive, answers } = responder()
  const bad = [' ', '[1', '[1,]', 'undefined', '\ufeff[]', Buffer.from('["\xff"]', 'latin1'), Buffer.alloc(3)]
  for (const text of bad) receive(encodeCall({ id: 1, plugin: 'p', fn: 'f', args_json: Buffer.from(text) }))
  t.same(answers(), Array(bad.length).fill({ id: 1, error: 'invalid_args' }))
})

t.test('empty args_json is no arguments', async (t) => {
  const seen: unknown[] = []
  const { receive } = responder({
    ...echo,
    call({ args }) {
      seen.push(args)
      return failures.notFound
    }
  })
  const empty = encodeCall({ id: 1, plugin: 'p', fn: 'f', args_json: Buffer.alloc(0) })
  receive(empty)
  receive(callOf(bytes('2a01', '05'), bytes('2200')))
  t.same(seen, [undefined, undefined])
})

t.test('of a oneof, the last member counts', async (t) => {
  const { receive, answers, stats } = responder()
  const json = bytes('2203', '"[1]"')
  const raw = bytes('2a01', '05')
  receive(callOf(json, raw))
  receive(callOf(raw, json))
  t.match(answers(), [{ raw: Buffer.from([5]) }, { json: [1] }])

  const reply = Buffer.from(RtcEnvelope.encode({ hook_reply: { id: 1 } }).finish())
  receive(Buffer.concat([reply, callOf(bytes('0801'), json)]))
  t.match(answers(), [{ id: 1, json: [1] }])
  receive(Buffer.concat([callOf(json), reply]))
  t.same(answers(), [])
  t.equal(stats.dropped.malformed, 1)
})

t.test('a call in several parts is all of them together', async (t) => {
  const { receive, answers } = responder()
  receive(Buffer.concat([encodeCall({ id: 9, plugin: 'p' }), encodeCall({ fn: 'f', args_raw: bytes('07') })]))
  t.same(answers(), [{ id: 9, raw: bytes('07') }])
})

t.test('fields that nobody knows are passed over, groups included', async (t) => {
  const { receive, answers } = responder()
  const unknown = [
    bytes('7801'),
    bytes('79', '0102030405060708'),
    bytes('7a02', '"xy"'),
    bytes('7d', '01020304'),
    bytes('7b', '0805', '83017a00', '8401', '7c'),
    bytes('08ffffffffffffffffff01')
  ]
  for (const field of unknown) receive(Buffer.concat([field, callOf(bytes('1201', '"p"'), field), field]))
  t.same(answers().length, unknown.length)
})

t.test('what is no envelope with a call is dropped and counted', async (t) => {
  const { receive, sent, stats } = responder()
  const call = jsonCall(1, 'p', 'f', [])
  const malformed = [
    '',
    '{"type":"call_hook","plugin":"p","fn":"f"}',
    Buffer.alloc(0),
    Buffer.from(RtcEnvelope.encode({ hook_reply: { id: 1, data_json: Buffer.from('1') } }).finish()),
    Buffer.from(RtcEnvelope.encode({ hook_error: { id: 1, error: 'x' } }).finish()),
    call.subarray(0, -1),
    Buffer.concat([call, bytes('0a')]),
    Buffer.concat([call, bytes('0aff')]),
    Buffer.concat([call, bytes('00')]),
    bytes('0a0412050041'),
    bytes('0a031201', 'ff'),
    bytes('0a80808080808080808080808001'),
    bytes('0c'),
    bytes('0b'),
    bytes('0f'),
    Buffer.alloc(60_000, 0x0b),
    Buffer.alloc(60_000, 0xff)
  ]
  for (const message of malformed) receive(message)
  t.same(sent, [])
  t.equal(stats.dropped.malformed, malformed.length)
})

t.test('a reply that the client cannot take becomes an error', async (t) => {
  const { receive, answers } = responder(echo, 100)
  receive(rawCall(1, 'p', 'f', Buffer.alloc(94)))
  receive(rawCall(2, 'p', 'f', Buffer.alloc(95)))
  receive(jsonCall(3, 'p', 'f', ['é'.repeat(46)]))
  t.match(answers(), [
    { id: 1, raw: Buffer.alloc(94) },
    { id: 2, error: 'result_too_large' },
    { id: 3, error: 'result_too_large' }
  ])
})

t.test('calls without an id are answered in their order, with an id when they are done', async (t) => {
  const done: ((result: HookResult) => void)[] = []
  const { receive, answers } = responder({
    ...echo,
    call: () => new Promise<HookResult>((resolve) => done.push(resolve))
  })
  receive(jsonCall(0, 'p', 'slow'))
  receive(jsonCall(0, 'p', 'quick'))
  receive(jsonCall(5, 'p', 'quick'))
  const finish = async (index: number, json: string) => {
    done[index]?.({ ok: true, json })
    await turn()
    return answers().map((answer) => answer.json)
  }
  t.same(await finish(1, '"quick"'), [], 'a reply without id does not say whose it is')
  t.same(await finish(2, '"with id"'), ['with id'])
  t.same(await finish(0, '"slow"'), ['slow', 'quick'])
})

t.test('a typed call that rejects is answered and stops nothing', async (t) => {
  const { receive, answers } = responder({ ...echo, callRaw: () => Promise.reject(new Error('secret')) })
  receive(rawCall(1, 'p', 'f', Buffer.alloc(0)))
  await turn()
  t.same(answers(), [{ id: 1, error: 'internal_error' }])
})
