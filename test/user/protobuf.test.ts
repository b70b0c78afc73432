import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import type { ClientChannel } from '../fixtures/client-channel.js'
import { jsonCall, messagesOf, rawCall } from '../fixtures/rtc-envelope.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

const proto = `syntax = "proto3";
package game.v1;
enum Side { LEFT = 0; RIGHT = 1; }
message MoveToRequest { int32 x = 1; int64 tick = 2; bytes secret = 3; Side side = 4; optional string note = 5; }
message MoveToReply { string by = 1; string transport = 2; MoveToRequest got = 3; repeated int32 path = 4; }
message FailRequest { string how = 1; }
message FailReply { int32 size = 1; string text = 2; }`

interface MoveTo {
  x: number
  tick: bigint
  secret: Uint8Array
  side: string | number
  note?: string
}

const game = defineHooks(
  'game',
  {
    move_to: ({ userId, transport }, request: MoveTo) => ({
      by: userId,
      transport,
      got: request,
      path: [request.x, -request.x]
    }),
    async fail(call, { how }: { how: string }) {
      await new Promise(setImmediate)
      if (how === 'throw') throw new Error('a secret')
      if (how === 'refuse') call.refuse('not_today')
      if (how === 'large') return { size: 1, text: 'x'.repeat(1_000_000) }
      return { size: 'no number' }
    },
    plain: (_call, value: unknown) => ({ value })
  },
  { proto }
)

const root = messagesOf(proto)
const Request = root.lookupType('MoveToRequest')
const Reply = root.lookupType('MoveToReply')
const read = (raw: Uint8Array | undefined) =>
  Reply.toObject(Reply.decode(raw as Uint8Array), { longs: String, bytes: String, enums: String })

const json = { x: 3, tick: '9007199254740993', secret: 'AP8=', side: 'RIGHT' }
const answered = (transport: string) => ({ by: 'alice', transport, got: json, path: [3, -3] })
const encoded = Buffer.from(Request.encode(Request.fromObject(json)).finish())

t.test('one hook over the WebSocket, and over DataChannels of both formats of the same peer', async (t) => {
  const { app, base } = await startUserServer(t, { hooks: [calls, game] })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const channels = await alice.openPeer(['events', 'events'], {}, [{ protocol: 'protobuf' }])
  const [binary, text] = channels as [ClientChannel, ClientChannel]

  const moved = answered('datachannel')

  t.test('a typed hook gives the same reply everywhere', async (t) => {
    t.same((await alice.callHook('game', 'move_to', [json])).response, { data: answered('websocket') })
    t.match(await text.call('game', 'move_to', [json]), { type: 'hook_reply', data: moved })
    t.same(await binary.ask(jsonCall(1, 'game', 'move_to', [json])), { id: 1, json: moved })
    const { id, raw } = await binary.ask(rawCall(2, 'game', 'move_to', encoded))
    t.equal(id, 2)
    t.same(read(raw), moved)
  })

  t.test('a hook without messages answers JSON in either format', async (t) => {
    t.match(await text.call('game', 'plain', [1]), { data: { value: 1 } })
    t.same(await binary.ask(jsonCall(4_294_967_295, 'game', 'plain', [{ a: null }])), {
      id: 4_294_967_295,
      json: { value: { a: null } }
    })
    t.same(await binary.ask(jsonCall(0, 'calls', 'later', ['x'])), { id: 0, json: 'x' })
    t.same(await binary.ask(jsonCall(3, 'calls', 'nothing')), { id: 3, json: null })
  })

  t.test('what goes wrong is answered with the same word', async (t) => {
    const single = 'typed_hook_expects_single_object_arg'
    const failing: [fn: string, args: unknown, reason: string][] = [
      ['move_to', [{ x: 'three' }], 'invalid_args'],
      ['move_to', [1, 2], single],
      ['move_to', 'x', single],
      ['fail', [{ how: 'throw' }], 'internal_error'],
      ['fail', [{ how: 'refuse' }], 'not_today'],
      ['fail', [{}], 'result_not_json_encodable'],
      ['nope', [], 'not_implemented'],
      ['constructor', [], 'reserved_hook_name']
    ]
    for (const [fn, args, error] of failing) {
      t.same((await alice.callHook('game', fn, args)).response, { error }, fn)
      t.match(await text.call('game', fn, args as unknown[]), { type: 'hook_error', error }, fn)
      t.same(await binary.ask(jsonCall(7, 'game', fn, args)), { id: 7, error }, fn)
    }
    t.same(await binary.ask(jsonCall(8, 'nope', 'fn')), { id: 8, error: 'not_found' })
    t.same(await binary.ask(rawCall(9, 'game', 'plain', encoded)), { id: 9, error: 'hook_schema_missing' })
    const cut = encoded.subarray(0, -1)
    t.same(await binary.ask(rawCall(10, 'game', 'move_to', cut)), {
      id: 10,
      error: 'invalid_request_payload'
    })
    const how = (text: string) => Buffer.from([0x0a, text.length, ...Buffer.from(text)])
    t.same(await binary.ask(rawCall(11, 'game', 'fail', how('refuse'))), { id: 11, error: 'not_today' })
    t.same(await binary.ask(rawCall(12, 'game', 'fail', how('large'))), { id: 12, error: 'result_too_large' })
  })

  t.test('garbage, and the other format, is passed over without an answer', async (t) => {
    for (const garbage of ['', '{}', '{"type":"call_hook","plugin":"game","fn":"plain"}']) {
      binary.native.sendMessage(garbage)
    }
    for (const garbage of ['00ff', '1200']) binary.native.sendMessageBinary(Buffer.from(garbage, 'hex'))
    t.match(await binary.ask(jsonCall(5, 'game', 'plain')), { id: 5 })
    text.native.sendMessageBinary(jsonCall(6, 'game', 'plain'))
    t.match(await text.call('game', 'plain'), { type: 'hook_reply', fn: 'plain' })
    t.equal(app.phoenix.stats.peers.dropped.malformed, 6)
  })
})

t.test('webrtc:send stands in for a DataChannel of JSON', async (t) => {
  const { base } = await startUserServer(t, { hooks: [game] })
  const alice = new UserClient(base, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const call = { type: 'call_hook', plugin: 'game', fn: 'move_to', args: [json], id: 1 }
  const answer = new Promise<{ data: string }>((resolve) => alice.channel.on('webrtc:data', resolve))
  await alice.push('webrtc:send', { channel: 'events', data: JSON.stringify(call) })
  t.match(JSON.parse((await answer).data), { type: 'hook_reply', id: 1, data: answered('websocket') })
})
