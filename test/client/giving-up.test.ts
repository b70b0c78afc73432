import t from 'tap'
import { defineHooks } from '../../plugins/phoenix.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { openHookClient, refused, travelsOn } from '../fixtures/hook-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('a call that is not answered in time is given up, on either way', async (t) => {
  const { base } = await startUserServer(t)
  for (const createPeer of [undefined, false] as const) {
    const clock = new FakeClock()
    const options = createPeer === undefined ? {} : { createPeer }
    const { client } = openHookClient(t, base, { clock, timeoutMs: 5000, ...options })
    await travelsOn(client, createPeer === undefined ? 'datachannel' : 'channel')
    const before = clock.pending
    const hanging = client.call('calls', 'hangs')
    const patient = client.callWith({ timeoutMs: 0 }, 'calls', 'hangs')
    const late = t.resolveMatch(refused(hanging), 'call_timeout')
    clock.advance(4999)
    t.equal(await client.call('calls', 'echo', 1), 1, 'the others go on')
    clock.advance(1)
    await late
    clock.advance(2 ** 30)
    t.equal(await client.call('calls', 'echo', 1), 1)
    const gone = t.resolveMatch(refused(patient), 'client_closed')
    client.close()
    await gone
    t.ok(clock.pending <= before)
  }
})

t.test('a call that waits for the channel is given up in time, and never sent', async (t) => {
  const echoed: unknown[] = []
  const counted = defineHooks('counted', { echo: (_call, value: number) => echoed.push(value) })
  let refuses = true
  const { base } = await startUserServer(t, {
    hooks: [counted],
    join: () => ({ status: refuses ? 'error' : 'ok' })
  })
  const clock = new FakeClock()
  const { client } = openHookClient<typeof counted>(t, base, { clock })
  const late = refused(client.call('counted', 'echo', 1))
  clock.advance(15_000)
  t.equal(await late, 'call_timeout')
  t.equal(clock.pending, 0)

  const next = client.call('counted', 'echo', 2)
  t.equal(client.transport, 'none')
  refuses = false
  await next
  t.same(echoed, [2])
})

t.test('the AbortSignal of a call ends it with its reason', async (t) => {
  const { base } = await startUserServer(t)
  for (const transport of ['none', 'channel', 'datachannel'] as const) {
    const { client } = openHookClient(t, base)
    await travelsOn(client, transport)
    const abort = new AbortController()
    const aborted = t.rejects(client.callWith({ signal: abort.signal }, 'calls', 'hangs'), { name: 'Enough' })
    const others = client.call('calls', 'echo', 1)
    abort.abort(Object.assign(new Error('enough'), { name: 'Enough' }))
    await aborted
    t.equal(await others, 1, transport)
    await t.rejects(client.callWith({ signal: abort.signal }, 'calls', 'echo', 1), { name: 'Enough' })
    client.close()
  }
})

t.test('a signal that outlives its calls holds none of them', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  const { signal } = new AbortController()
  let listeners = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--
    removeEventListener.apply(signal, args)
  }
  await client.callWith({ signal }, 'calls', 'echo', 1)
  await travelsOn(client, 'datachannel')
  await client.callWith({ signal }, 'calls', 'echo', 1)
  t.equal(await refused(client.callWith({ signal }, 'calls', 'refuses')), 'not_today')
  t.equal(listeners, 0)
})

t.test('an answer that comes too late disturbs nobody', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  await travelsOn(client, 'datachannel')
  const abort = new AbortController()
  const call = client.callWith({ signal: abort.signal }, 'calls', 'later', 1)
  abort.abort()
  await t.rejects(call, { name: 'AbortError' })
  t.equal(await client.call('calls', 'later', 2), 2)
})
