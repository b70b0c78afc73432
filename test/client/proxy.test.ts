import { isReactive, reactive, ref } from '@vue/reactivity'
import t from 'tap'
import { HookClient, HookError } from '../../lib/client/client.js'
import { eager, openHookClient, travelsOn } from '../fixtures/hook-client.js'
import { startUserServer } from '../fixtures/user-server.js'

type Wrap = (client: HookClient) => HookClient

/** Puts a Proxy around whatever it hands out, as observables do. */
function observed<T extends object>(object: T): T {
  return new Proxy(object, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver)
      return typeof value === 'object' && value !== null ? observed(value) : value
    }
  })
}

const wraps: Record<string, Wrap> = {
  'a Proxy': (client) => new Proxy(client, {}),
  'a Proxy around everything': observed,
  'an object that inherits from it': (client) => Object.create(client),
  "Vue's reactive": (client) => reactive({ client }).client as HookClient,
  "Vue's ref": (client) => ref(client).value as HookClient
}

for (const [name, wrap] of Object.entries(wraps)) {
  t.test(`a client works behind ${name}`, async (t) => {
    const { base } = await startUserServer(t)
    const { client } = openHookClient<HookClient extends HookClient<infer Hooks> ? Hooks : never>(t, base)
    const wrapped = wrap(client)
    const states: string[] = []
    wrapped.on('state', (state) => states.push(state))
    await travelsOn(wrapped, 'datachannel')
    t.equal(await wrapped.call('calls', 'echo', 1), 1)
    t.equal(await wrapped.callWith({ idempotent: true }, 'calls', 'echo', 2), 2)
    t.equal(wrapped.state, 'open')
    t.equal(wrapped.transport, 'datachannel')
    t.ok(wrapped.send('other', 'text'))
    wrapped.reopen()
    wrapped.close()
    t.equal(wrapped.state, 'closed')
    t.match(states, ['connecting', 'open'])
    const { call } = wrapped
    await t.rejects(call('calls', 'echo', 1), HookError)
  })
}

t.test('Vue leaves a client as it is', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  t.notOk(isReactive(reactive({ client }).client))
})

t.test(
  'a class that extends the client works behind a Proxy, and what it overrides is its own',
  async (t) => {
    class Counted extends HookClient {
      count = 0
      override reopen(): void {
        this.count++
      }
      get doubled(): number {
        return 2 * this.count
      }
    }
    const { base } = await startUserServer(t)
    const { channel } = openHookClient(t, base)
    const client = new Proxy(new Counted(channel, eager), {})
    t.teardown(() => client.close())
    await travelsOn(client, 'datachannel')
    t.equal(await client.call('calls', 'echo', 1), 1)
    const { reopen } = client
    reopen()
    t.equal(client.doubled, 2)
    t.equal(client.state, 'open')
  }
)
