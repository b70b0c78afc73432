import { once } from 'node:events'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { UserClient } from '../fixtures/user-client.js'
import { startUserServer } from '../fixtures/user-server.js'

const { base } = await startUserServer(t, {}, { limits: { hookTimeoutMs: 500 } })

/** Somebody who is to be served over both transports whatever the others do. */
const bob = new UserClient(base, 'bob')
await bob.join()
const [events] = await bob.openPeer()
t.teardown(() => bob.close())

async function bobIsServed(t: Test): Promise<void> {
  t.match(await events?.call('calls', 'echo', [1]), { data: 1 }, 'over the DataChannel')
  t.same((await bob.callHook('calls', 'echo', [2])).response, { data: 2 }, 'over the WebSocket')
}

async function attacker(t: Test, userId = 'mallory'): Promise<UserClient> {
  const client = new UserClient(base, userId)
  t.teardown(() => client.close())
  t.equal((await client.join()).status, 'ok')
  return client
}

async function rawSocket(t: Test): Promise<WebSocket> {
  const ws = new WebSocket(`${base.replace('http', 'ws')}/websocket?vsn=2.0.0&user_id=mallory`)
  t.teardown(() => ws.terminate())
  await once(ws, 'open')
  return ws
}

t.test('hooks that throw, hang, return a circle or are no hooks', async (t) => {
  const mallory = await attacker(t)
  const [channel] = await mallory.openPeer()
  const answers = await Promise.all(
    ['throws', 'hangs', 'circular', 'constructor', '__proto__', 'toString', '_private', 'after_startup'].map(
      (fn) => mallory.callHook('calls', fn)
    )
  )
  t.same(
    answers.map(({ response }) => response.error),
    [
      'internal_error',
      'timeout',
      'result_not_json_encodable',
      'reserved_hook_name',
      'reserved_hook_name',
      'reserved_hook_name',
      'reserved_hook_name',
      'reserved_hook_name'
    ]
  )
  for (const fn of ['throws', 'hangs', 'circular', 'constructor']) {
    t.match(await channel?.call('calls', fn), { type: 'hook_error', fn })
  }
  await bobIsServed(t)
})

t.test('garbage frames end the socket that sent them', async (t) => {
  const deep = `[null,"1","user:mallory","phx_join",${'['.repeat(50_000)}${']'.repeat(50_000)}]`
  const frames: (string | Buffer)[] = [
    'garbage',
    '[]',
    '{"__proto__":1}',
    Buffer.from([0]),
    Buffer.from([0, 255, 255, 255, 255]),
    Buffer.alloc(1000, 0xff),
    deep
  ]
  for (const frame of frames) {
    const ws = await rawSocket(t)
    ws.send(frame)
    const [code] = await once(ws, 'close')
    t.equal(code, 1011)
  }
  const ws = await rawSocket(t)
  ws.send('x'.repeat(129 * 1024))
  const [code] = await once(ws, 'close')
  t.equal(code, 1009)
  await bobIsServed(t)
})

t.test('garbage for signalling', async (t) => {
  const mallory = await attacker(t)
  const garbage = [
    null,
    1,
    [],
    'x',
    {},
    { sdp: 1 },
    { sdp: 'v=0\r\n'.repeat(10_000), type: 'offer' },
    { sdp: '', type: '__proto__' }
  ]
  for (const payload of garbage) {
    t.same((await mallory.push('webrtc:offer', payload as object)).response, { error: 'invalid_sdp' })
    t.equal((await mallory.push('webrtc:send', payload as object)).status, 'error')
  }
  await mallory.openPeer()
  for (const payload of garbage) {
    t.same((await mallory.push('webrtc:ice', payload as object)).response, { error: 'invalid_candidate' })
  }
  await bobIsServed(t)
})

t.test('candidates with host names by the hundred', async (t) => {
  const mallory = await attacker(t, 'names')
  await mallory.openPeer()
  const replies = new Map<string, number>()
  for (let i = 0; i < 250; i++) {
    const candidate = `candidate:1 1 UDP 2122317823 host-${i}.local ${40_000 + i} typ host`
    const { status, response } = await mallory.push('webrtc:ice', {
      candidate,
      sdpMid: '0',
      sdpMLineIndex: 0
    })
    const reply = status === 'ok' ? 'ok' : response.error
    replies.set(reply, (replies.get(reply) ?? 0) + 1)
  }
  t.ok((replies.get('ok') ?? 0) > 100, 'left out on purpose, and answered ok')
  t.ok((replies.get('ice_rate_limited') ?? 0) > 50, 'until there were too many')
  await bobIsServed(t)
})

t.test('a flooded DataChannel that nobody listens to', async (t) => {
  const mallory = await attacker(t, 'flood')
  const [flood] = await mallory.openPeer(['nobody-listens'])
  for (let i = 0; i < 3000; i++) flood?.native.sendMessage('x'.repeat(100))
  await flood?.closed
  await bobIsServed(t)
  const states = mallory.events
    .filter(({ event }) => event === 'webrtc:state')
    .map(({ payload }) => payload.state)
  t.same(states.slice(-2), ['rate_limited', 'closed'])
})

t.test('a flood of events stops the channel of its user alone', async (t) => {
  const mallory = await attacker(t, 'events')
  const refused = new Promise((resolve) => {
    for (let i = 0; i < 400; i++)
      mallory.channel.push('call_hook', { plugin: 'calls', fn: 'echo' }).receive('error', resolve)
  })
  t.same(await refused, { error: 'rate_limited' })
  await bobIsServed(t)
})
