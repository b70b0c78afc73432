import t from 'tap'
import { defineHooks, userChannel } from '../../../plugins/phoenix.js'
import { startNodes } from '../../fixtures/nodes.js'
import { deferred } from '../../fixtures/test-socket.js'
import { until } from '../../fixtures/until.js'
import { UserClient } from '../../fixtures/user-client.js'

t.test('a call that runs on one node is waited for, and answered, on another', async (t) => {
  const sold: string[] = []
  const paid = deferred<string>()
  const shop = defineHooks('shop', {
    pay(call, item: string) {
      sold.push(`${call.key} ${item}`)
      return paid.promise
    }
  })
  const { nodes } = await startNodes(t, 2, { channels: { 'user:*': userChannel({ hooks: [shop] }) } })
  const clients = nodes.map(({ base }) => new UserClient(`${base}/socket`, 'alice'))
  for (const client of clients) {
    t.teardown(() => client.close())
    await client.join()
  }
  const pay = (node: number, key: string, item: string) =>
    clients[node]?.push('call_hook', { plugin: 'shop', fn: 'pay', args: [item], key })
  const asked = [pay(0, 'k', 'hat'), pay(1, 'k', 'hat'), pay(1, 'k', 'hat')]
  await until(() => sold.length === 1)
  await until(() => nodes.some(({ app }) => app.phoenix.stats.once.repeated.waited === 1))
  paid.resolve('paid')
  for (const answer of await Promise.all(asked)) t.match(answer, { status: 'ok', response: { data: 'paid' } })
  for (const node of [0, 1]) t.match(await pay(node, 'k', 'hat'), { response: { data: 'paid' } })
  for (const node of [0, 1]) t.match(await pay(node, 'k', 'coat'), { response: { error: 'key_reused' } })
  t.same(sold, ['k hat'])
})

t.test('while the engine is away nothing runs, and it is asked for until it is back', async (t) => {
  const sold: string[] = []
  const shop = defineHooks('shop', { buy: (_call, item: string) => sold.push(item) })
  const mount = {
    channels: { 'user:*': userChannel({ hooks: [shop] }) },
    limits: { hookTimeoutMs: 400 }
  }
  const { nodes, engine } = await startNodes(t, 2, mount)
  const alice = new UserClient(`${nodes[0]?.base}/socket`, 'alice')
  t.teardown(() => alice.close())
  await alice.join()
  const buy = (key: string) => alice.push('call_hook', { plugin: 'shop', fn: 'buy', args: ['hat'], key })
  engine.kill()
  t.match(await buy('k'), { status: 'error', response: { error: 'once_unavailable' } })
  t.same(sold, [])
  const waiting = buy('j')
  engine.restore()
  t.match(await waiting, { status: 'ok', response: { data: 1 } })
  t.match(await buy('k'), { status: 'ok', response: { data: 2 } })
})
