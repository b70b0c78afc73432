import t from 'tap'
import { startEngine } from '../fixtures/cluster-engines.js'
import { type ClusterProcess, startClusterNode, startClusterNodes } from '../fixtures/cluster-processes.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { until } from '../fixtures/until.js'

const topicCount = 5_000

t.test('a node that is killed while it sends its presences leaves none of them behind', async (t) => {
  const engine = await startEngine(t, 'workers')
  const settings = { engine: 'workers', address: engine.address } as const
  const [owner, witness] = (await startClusterNodes(t, [settings, settings])) as [
    ClusterProcess,
    ClusterProcess
  ]
  const stays = await connectRaw(t, `ws://127.0.0.1:${witness.port}/socket`, 'user_id=witness')
  await stays.join('room:0')
  const crowd = await connectRaw(t, `ws://127.0.0.1:${owner.port}/socket`, 'user_id=crowd')
  for (let i = 0; i < topicCount; i++) crowd.send('1', '1', `room:${i}`, 'phx_join', {})
  await until(async () => (await witness.request('countTaken', 'room:', topicCount)) === topicCount)

  const starting = startClusterNode(t, settings)
  // Both know the new node by the same heartbeat, which the owner answers.
  await until(async () => (await witness.request('nodes')).length === 3)
  await owner.kill()
  const late = await starting
  const watcher = await late.watch('late', 'room:0')
  for (const node of [witness, late])
    await until(async () => (await node.request('countTaken', 'room:', topicCount)) === 1)
  await until(() => watcher.names === 'late,witness')
  t.same(watcher.wrong, [])
  t.equal((await late.request('nodes')).length, 2)
})
