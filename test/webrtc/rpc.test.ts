import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { failures } from '../../lib/hooks/results.js'
import type { HookRequest, HookResult } from '../../lib/hooks/types.js'
import { Backlog } from '../../lib/limits/backlog.js'
import { mergeLimits } from '../../lib/limits/limits.js'
import { UserBudget } from '../../lib/limits/user-budgets.js'
import { PeerCounters } from '../../lib/peers/peer-stats.js'
import { silentLogger } from '../../lib/util/logger.js'
import { RpcResponder } from '../../lib/webrtc/rpc.js'
import { jsonCodec } from '../../lib/webrtc/rpc-json.js'

function responder(
  call: (request: HookRequest) => HookResult | Promise<HookResult>,
  maxReplyBytes = 1_000_000,
  backlog?: Backlog
) {
  const sent: string[] = []
  const stats = new PeerCounters()
  const rpc = new RpcResponder({
    codec: jsonCodec,
    hooks: { call, callRaw: () => failures.schemaMissing },
    stats,
    log: silentLogger,
    maxReplyBytes,
    backlog,
    send: (reply) => sent.push(reply as string)
  })
  const receive = (message: unknown) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    rpc.receive(text, Buffer.byteLength(text), 'datachannel')
  }
  return { rpc, sent, stats, receive }
}

/** Hooks that are done when the test says so. */
function deferred() {
  const calls: { request: HookRequest; done: (result: HookResult) => void; fail: (err: unknown) => void }[] =
    []
  const call = (request: HookRequest) =>
    new Promise<HookResult>((done, fail) => calls.push({ request, done, fail }))
  return { calls, call }
}

const message = (args: unknown, rest: object = {}) => ({
  type: 'call_hook',
  plugin: 'p',
  fn: 'f',
  args,
  ...rest
})
const answer = (json: string): HookResult => ({ ok: true, json })

t.test('a call is handed on with what it came in', async (t) => {
  const requests: HookRequest[] = []
  const { receive } = responder((request) => {
    requests.push(request)
    return answer('null')
  })
  const text = '{"type":"call_hook","plugin":"p","fn":"f","args":["é"]}'
  receive(text)
  receive('{"type":"call_hook","plugin":"p","fn":"f"}')
  receive(message([], { key: 'k1' }))
  const rest = { hookPlugin: 'p', fn: 'f', transport: 'datachannel', key: undefined }
  t.same(requests, [
    { ...rest, args: ['é'], bytes: Buffer.byteLength(text) },
    { ...rest, args: undefined, bytes: 42 },
    { ...rest, args: [], bytes: 63, key: 'k1' }
  ])
})

t.test('the text of a result is embedded as it is', async (t) => {
  const { receive, sent } = responder(() => answer('{"b":1,  "a":1.0}'))
  receive(message([]))
  t.same(sent, ['{"type":"hook_reply","plugin":"p","fn":"f","data":{"b":1,  "a":1.0}}'])
})

t.test('names and reasons are escaped', async (t) => {
  const { receive, sent } = responder(() => ({ ok: false, reason: 'a "b" \u2028' }))
  receive(message([], { plugin: '"', fn: '\\' }))
  t.same(JSON.parse(sent[0] as string), {
    type: 'hook_error',
    plugin: '"',
    fn: '\\',
    error: 'a "b" \u2028'
  })
})

t.test('an id is echoed unchanged, and only a string or a number is one', async (t) => {
  const { receive, sent } = responder(() => answer('1'))
  const ids = [0, -1, 1.5, 9_007_199_254_740_991, '', 'a"b', '__proto__']
  for (const id of ids) receive(message([], { id }))
  t.same(
    sent.map((text) => JSON.parse(text).id),
    ids
  )
  sent.length = 0
  for (const id of [null, true, {}, []]) receive(message([], { id }))
  receive('{"type":"call_hook","plugin":"p","fn":"f","id":1e999}')
  t.same(sent, Array(5).fill('{"type":"hook_reply","plugin":"p","fn":"f","data":1}'))
})

t.test('calls of one function without ids are answered in their order', async (t) => {
  const { calls, call } = deferred()
  const { receive, sent } = responder((request) => (request.args === 'now' ? answer('"now"') : call(request)))
  receive(message('a'))
  receive(message('b'))
  receive(message('now'))
  receive(message('c', { fn: 'other' }))
  receive(message('d', { id: 1 }))
  t.same(sent, [])
  const finish = async (index: number) => {
    calls[index]?.done(answer(JSON.stringify(calls[index]?.request.args)))
    await turn()
    return sent.splice(0).map((text) => JSON.parse(text).data)
  }
  t.same(await finish(1), [], 'b waits for a')
  t.same(await finish(2), ['c'], 'another function waits for nobody')
  t.same(await finish(3), ['d'], 'a call with an id overtakes')
  t.same(await finish(0), ['a', 'b', 'now'])
  receive(message('now'))
  t.equal(sent.length, 1, 'nothing is left in the way')
})

t.test('functions are told apart whatever they are called', async (t) => {
  const { calls, call } = deferred()
  const { receive, sent } = responder(call)
  receive(message([], { plugin: 'ab', fn: 'c' }))
  receive(message([], { plugin: 'a', fn: 'bc' }))
  calls[1]?.done(answer('1'))
  await turn()
  t.equal(sent.length, 1)
})

t.test('a call that rejects is answered and stops nothing', async (t) => {
  const { calls, call } = deferred()
  const { receive, sent } = responder(call)
  receive(message([]))
  receive(message([]))
  calls[1]?.done(answer('1'))
  calls[0]?.fail(new Error('secret'))
  await turn()
  t.same(sent, [
    '{"type":"hook_error","plugin":"p","fn":"f","error":"internal_error"}',
    '{"type":"hook_reply","plugin":"p","fn":"f","data":1}'
  ])
})

t.test('a reply that the client cannot take becomes an error', async (t) => {
  const envelope = '{"type":"hook_reply","plugin":"p","fn":"f","data":""}'.length
  const { receive, sent } = responder(({ args }) => answer(JSON.stringify(args)), envelope + 100)
  receive(message('x'.repeat(100)))
  receive(message('é'.repeat(50)))
  receive(message('é'.repeat(51)))
  t.equal(sent.length, 3)
  t.match(sent[1], 'hook_reply')
  t.equal(sent[2], '{"type":"hook_error","plugin":"p","fn":"f","error":"result_too_large"}')
})

t.test('what is no call is counted and dropped', async (t) => {
  const { rpc, receive, sent, stats } = responder(() => answer('1'))
  const noCalls = ['', '{', 'null', '5', '"x"', '[]', '{}', { type: 'hook_reply' }, { type: ['call_hook'] }]
  const noNames = [
    { type: 'call_hook' },
    { type: 'call_hook', plugin: 'p' },
    { type: 'call_hook', plugin: 1, fn: 'f' },
    { type: 'call_hook', plugin: 'p', fn: null }
  ]
  for (const text of [...noCalls, ...noNames]) receive(text)
  const isNoUtf8 = [
    Buffer.from('{"type":"call_hook","plugin":"p","fn":"\xff"}', 'latin1'),
    Buffer.from([0xff])
  ]
  for (const bytes of [Buffer.alloc(0), ...isNoUtf8]) rpc.receive(bytes, bytes.length, 'datachannel')
  t.same(sent, [])
  t.equal(stats.dropped.malformed, noCalls.length + noNames.length + 3)
})

t.test('a call may come in bytes, and is answered in text', async (t) => {
  const requests: HookRequest[] = []
  const { rpc, sent } = responder((request) => {
    requests.push(request)
    return answer('"ü"')
  })
  const bytes = Buffer.from('{"type":"call_hook","plugin":"p","fn":"f","args":["é"],"id":7}')
  rpc.receive(bytes, bytes.length, 'datachannel')
  t.same(requests, [{ hookPlugin: 'p', fn: 'f', args: ['é'], bytes: bytes.length, transport: 'datachannel' }])
  t.same(sent, ['{"type":"hook_reply","plugin":"p","fn":"f","id":7,"data":"ü"}'])
})

t.test('no message throws, and every call gets one answer with its own id', async () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString'))
  const callMessage = fc.record(
    {
      type: fc.constant('call_hook'),
      plugin: fc.oneof(name, fc.jsonValue()),
      fn: fc.oneof(name, fc.jsonValue()),
      args: fc.jsonValue(),
      id: fc.oneof(fc.string(), fc.integer(), fc.jsonValue())
    },
    { requiredKeys: [] }
  )
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    callMessage.map((value) => JSON.stringify(value))
  )
  fc.assert(
    fc.property(text, (text) => {
      const { receive, sent, stats } = responder(({ args }) => answer(JSON.stringify(args ?? null)))
      receive(text)
      if (sent.length + stats.dropped.malformed !== 1) return false
      if (sent.length === 0) return true
      const call = JSON.parse(text)
      const reply = JSON.parse(sent[0] as string)
      const hasId = typeof call.id === 'string' || typeof call.id === 'number'
      return reply.plugin === call.plugin && reply.fn === call.fn && (!hasId || Object.is(reply.id, call.id))
    })
  )
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const { rpc, stats } = responder(() => answer('1'))
      rpc.receive(Buffer.from(bytes), bytes.length, 'datachannel')
      return stats.dropped.malformed === 1
    })
  )
})

t.test(
  'answers that wait behind a slow call count in bytes; one too many is an error in its place',
  async (t) => {
    const limits = mergeLimits({ mailboxBytes: 250_000 })
    const budget = new UserBudget(limits)
    const backlog = new Backlog({ pause: () => t.fail('paused'), resume: () => {} }, budget, limits)
    const { calls, call } = deferred()
    const large = JSON.stringify('x'.repeat(100_000))
    const { rpc, receive, sent, stats } = responder(
      (request) => (request.args === 'now' ? answer(large) : call(request)),
      1_000_000,
      backlog
    )
    receive(message('slow'))
    receive(message('late'))
    for (let i = 0; i < 20; i++) receive(message('now'))
    calls[1]?.done(answer(large))
    await turn()
    t.same(sent, [])
    t.ok(budget.waitingBytes < 250_000)
    t.equal(stats.dropped.queue_full, 19)
    calls[0]?.done(answer('1'))
    await turn()
    t.same(
      sent.map((text) => JSON.parse(text).error ?? 'ok'),
      ['ok', 'overloaded', 'ok', 'ok', ...Array(18).fill('overloaded')]
    )
    t.equal(budget.waitingBytes, 0)

    receive(message('slow'))
    receive(message('now'))
    t.ok(budget.waitingBytes > 0)
    rpc.end()
    t.equal(budget.waitingBytes, 0, 'nothing is kept for a caller that has gone')
  }
)
