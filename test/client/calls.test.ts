import t from 'tap'
import { type AnyHooks, HookError } from '../../lib/client/client.js'
import { defineHooks } from '../../plugins/phoenix.js'
import { openHookClient, refused, travelsOn } from '../fixtures/hook-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('calls go over the DataChannel as soon as it is open, and over the channel before', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  t.equal(client.transport, 'none')
  t.equal(client.state, 'idle')
  const early = client.call('calls', 'whoami')
  const states: string[] = []
  client.on('state', (state) => states.push(state))

  t.same(await early, { userId: 'alice', transport: 'websocket' })
  await travelsOn(client, 'datachannel')
  t.same(await client.call('calls', 'whoami'), { userId: 'alice', transport: 'datachannel' })
  t.equal(client.state, 'open')
  t.same(states, ['connecting', 'open'])
})

t.test('arguments and results are the same on both ways', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  const { client: plain } = openHookClient(t, base, { createPeer: false })
  await travelsOn(client, 'datachannel')
  for (const one of [client, plain]) {
    for (const value of [1, 'ä\n"', null, [1, [2]], { a: { b: true } }]) {
      t.same(await one.call('calls', 'echo', value), value)
    }
    t.equal(await one.call('calls', 'nothing'), null)
    t.same(await one.call('calls', 'later', 'x'), 'x')
    for (const [fn, reason] of [
      ['throws', 'internal_error'],
      ['refuses', 'not_today'],
      ['circular', 'result_not_json_encodable']
    ] as const) {
      const error = await one.call('calls', fn).catch((err: unknown) => err)
      t.ok(error instanceof HookError)
      t.match(error, { reason, hookPlugin: 'calls', fn, message: `hook calls.${fn}: ${reason}` })
    }
  }
  t.equal(plain.state, 'disabled')
})

t.test('each of many calls at once gets its own answer, whichever comes first', async (t) => {
  let release = () => {}
  const gate = defineHooks('gate', {
    pass(_call, value: number) {
      release()
      return value
    },
    async wait(_call, value: number) {
      await new Promise<void>((resolve) => {
        const others = release
        release = () => {
          others()
          resolve()
        }
      })
      return value
    }
  })
  const { base } = await startUserServer(t, { hooks: [gate] })
  const { client } = openHookClient<typeof gate>(t, base)
  for (const transport of ['channel', 'datachannel'] as const) {
    await travelsOn(client, transport)
    const answered: number[] = []
    const call = async (fn: 'wait' | 'pass', value: number): Promise<void> => {
      t.equal(await client.call('gate', fn, value), value)
      answered.push(value)
    }
    await Promise.all([call('wait', 1), call('wait', 2), call('pass', 3)])
    t.equal(answered[0], 3, transport)
  }
})

t.test('calls that are made one after the other arrive in that order', async (t) => {
  const arrived: unknown[] = []
  const order = defineHooks('order', { take: (_call, value: number) => arrived.push(value) })
  const { base } = await startUserServer(t, { hooks: [order] })
  const { client } = openHookClient<typeof order>(t, base)
  await travelsOn(client, 'datachannel')
  const values = Array.from({ length: 50 }, (_, i) => i)
  await Promise.all(values.map((value) => client.call('order', 'take', value)))
  t.same(arrived, values)
})

t.test('a call that the DataChannel is too small for goes over the channel', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  await travelsOn(client, 'datachannel')
  // With the names around it, it is larger than the server takes as one message; as arguments it is not.
  const text = 'ä'.repeat(32_700)
  t.equal(await client.call('calls', 'echo', text), text)
})

t.test('arguments that the server would refuse for their size are not even sent', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  t.equal(await refused(client.call('calls', 'echo', 'x'.repeat(65_536))), 'args_too_large')
})

t.test('arguments without JSON are refused with the reason for it', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  const error = await client.call('calls', 'echo', 1n).catch((err: unknown) => err)
  t.match(error, { reason: 'args_not_json_encodable', cause: { name: 'TypeError' } })
})

t.test('arguments are sent as they were when the call was made', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  const position = { x: 1 }
  const early = client.call('calls', 'echo', position)
  position.x = 2
  t.same(await early, { x: 1 })
})

t.test('names that objects inherit are names like others', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient<AnyHooks>(t, base)
  await travelsOn(client, 'datachannel')
  t.equal(await refused(client.call('calls', 'toString')), 'reserved_hook_name')
  t.equal(await refused(client.call('__proto__', 'x')), 'not_found')
  t.equal(await refused(client.call('calls', 'x')), 'not_implemented')
})
