import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import type { ClientChannel } from '../fixtures/client-channel.js'
import { next } from '../fixtures/phoenix-client.js'
import { jsonCall } from '../fixtures/rtc-envelope.js'
import { UserClient } from '../fixtures/user-client.js'
import { calls, startUserServer } from '../fixtures/user-server.js'

const aborted: unknown[] = []
const strict = defineHooks(
  'strict',
  {
    add: (_call, a: number, b: number) => a + b,
    text: () => 'no number',
    args: (_call, ...args: unknown[]) => args,
    nan: () => Number.NaN,
    bigint: () => 1n,
    _private: () => 'private',
    waits: ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push((signal.reason as { code: string }).code)
          reject(signal.reason)
        })
      }),
    after_user_joined: () => 'joined'
  },
  {
    schemas: { add: { args: [{ type: 'number' }, { type: 'number' }] }, text: { reply: { type: 'number' } } }
  }
)

const { base } = await startUserServer(
  t,
  { hooks: [calls, strict] },
  { limits: { hookTimeoutMs: 100, hookArgsBytes: 1000 } }
)

async function client(transport: 'websocket' | 'longpoll'): Promise<UserClient> {
  const user = new UserClient(base, 'alice', {}, { transport })
  t.teardown(() => user.close())
  await user.join()
  return user
}

const [alice, polling] = [await client('websocket'), await client('longpoll')]
const opened = await alice.openPeer(['events', 'events'], {}, [{ protocol: 'protobuf' }])
const [binary, text] = opened as [ClientChannel, ClientChannel]

type Outcome = { data: unknown } | { error: string }
type Way = (plugin: string, fn: string, args: unknown) => Promise<Outcome>

const outcomeOf = ({ data, error }: { data?: unknown; error?: string }): Outcome =>
  error === undefined ? { data } : { error }

/** All ways to call a hook, by what they are. */
const ways: Record<string, Way> = {
  'call_hook over the WebSocket': async (...call) => (await alice.callHook(...call)).response,
  'call_hook over long-polling': async (...call) => (await polling.callHook(...call)).response,
  'webrtc:send': async (plugin, fn, args) => {
    const answered = next(alice.channel, 'webrtc:data')
    const data = JSON.stringify({ type: 'call_hook', plugin, fn, args })
    await alice.push('webrtc:send', { channel: 'events', data })
    return outcomeOf(JSON.parse((await answered).data))
  },
  'a DataChannel of JSON': async (plugin, fn, args) => {
    text.native.sendMessage(JSON.stringify({ type: 'call_hook', plugin, fn, args }))
    return outcomeOf(JSON.parse(String(await text.next())))
  },
  'a DataChannel of protobuf': async (plugin, fn, args) => {
    const { json, error } = await binary.ask(jsonCall(1, plugin, fn, args))
    return outcomeOf(error === undefined ? { data: json } : { error })
  }
}

const data = (value: unknown): Outcome => ({ data: value })
const error = (reason: string): Outcome => ({ error: reason })

const table: [plugin: string, fn: string, args: unknown, outcome: Outcome][] = [
  ['strict', 'args', [1, 'é', { deep: [null] }], data([1, 'é', { deep: [null] }])],
  ['strict', 'args', [], data([])],
  ['strict', 'args', null, data([])],
  ['strict', 'args', 'no list', data(['no list'])],
  ['strict', 'args', { a: 1 }, data([{ a: 1 }])],
  ['calls', 'later', ['x'], data('x')],
  ['calls', 'nothing', [], data(null)],
  ['strict', 'nan', [], data(null)],
  ['strict', 'add', [1, 2], data(3)],
  ['nope', 'echo', [], error('not_found')],
  ['calls', 'nope', [], error('not_implemented')],
  ...[
    'after_startup',
    'before_stop',
    'after_user_joined',
    'after_user_left',
    '_private',
    '_none',
    'constructor',
    'toString',
    '__proto__'
  ].map((fn): (typeof table)[number] => ['strict', fn, [], error('reserved_hook_name')]),
  ['calls', 'echo', Array(33).fill(0), error('too_many_args')],
  ['calls', 'echo', ['x'.repeat(1000)], error('args_too_large')],
  ['strict', 'add', ['1', 2], error('invalid_args')],
  ['strict', 'add', [1], error('invalid_args')],
  ['strict', 'waits', [], error('timeout')],
  ['calls', 'circular', [], error('result_not_json_encodable')],
  ['strict', 'bigint', [], error('result_not_json_encodable')],
  ['strict', 'text', [], error('result_not_json_encodable')],
  ['calls', 'throws', [], error('internal_error')],
  ['calls', 'refuses', [], error('not_today')]
]

for (const [name, call] of Object.entries(ways)) {
  t.test(`hooks and their failures are the same over ${name}`, async (t) => {
    for (const [plugin, fn, args, outcome] of table) {
      t.strictSame(await call(plugin, fn, args), outcome, `${plugin}.${fn} ${JSON.stringify(outcome)}`)
    }
    t.same(aborted.splice(0), ['PHX_ERR_HOOKS_TIMEOUT'], 'whose signal has fired')
  })
}

t.test('a hook is told which transport its call came over', async (t) => {
  const transports = ['websocket', 'longpoll', 'websocket', 'datachannel', 'datachannel']
  for (const [index, call] of Object.values(ways).entries()) {
    t.same(await call('calls', 'whoami', []), data({ userId: 'alice', transport: transports[index] }))
  }
})

t.test('arguments that are no JSON are invalid_args', async (t) => {
  const call = jsonCall(1, 'calls', 'echo', 'x')
  call[call.indexOf('"x"')] = '{'.charCodeAt(0)
  t.same(await binary.ask(call), { id: 1, error: 'invalid_args' })
})
