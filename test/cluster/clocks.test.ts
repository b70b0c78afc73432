import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { startEngine } from '../fixtures/cluster-engines.js'
import { type ClusterProcess, startClusterNodes } from '../fixtures/cluster-processes.js'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { until } from '../fixtures/until.js'
import type { Watcher } from '../fixtures/watcher.js'

const hourMs = 3_600_000

type Nodes = [ClusterProcess, ClusterProcess, ClusterProcess]

t.test('nodes whose clocks are an hour apart, and jump, are one cluster', async (t) => {
  const engine = await startEngine(t, 'workers')
  const nodes = (await startClusterNodes(
    t,
    [-hourMs, 0, hourMs].map((aheadMs) => ({ engine: 'workers', address: engine.address, aheadMs }))
  )) as Nodes
  const watchers = (await Promise.all(nodes.map((node, i) => node.watch(`user${i + 1}`)))) as Watcher[]
  const allSee = (names: string): Promise<void> => until(() => watchers.every((each) => each.names === names))
  await allSee('user1,user2,user3')
  for (const { told } of watchers) told.length = 0

  // A session that another node holds than the one that is asked, each time.
  let turn = 0
  const client = new LongPollClient(() => nodes[turn++ % nodes.length]?.port as number)
  t.teardown(() => client.end())
  await client.join('quiet:1')
  const polled = async (text: string): Promise<void> => {
    await nodes[turn % nodes.length]?.request('broadcast', 'quiet:1', 'said', { text })
    let messages = ''
    while (!messages.includes(text)) messages += (await client.poll()).messages?.join() ?? ''
  }
  for (const text of ['one', 'two', 'three']) await polled(text)

  const [first, second, third] = nodes
  await first.request('setDate', hourMs)
  await second.request('setDate', -hourMs)
  await third.request('setDate', 0)
  for (const [i, { channel }] of watchers.entries()) channel.push('say', { text: `${i}` })
  await until(() => watchers.every(({ said }) => said.length === 3))
  for (const text of ['four', 'five', 'six']) await polled(text)
  // Longer than a node is waited for.
  await pause(6_500)
  for (const { told, wrong } of watchers) t.same([told, wrong], [[], []], 'nobody seems to have left')

  await third.kill()
  await until(() => watchers[0]?.names === 'user1,user2' && watchers[1]?.names === 'user1,user2')
  for (const { told, wrong } of watchers.slice(0, 2)) t.same([told, wrong], [['-user3'], []])
})
