import { rmSync } from 'node:fs'
import t from 'tap'
import { startHub } from '../../../lib/cluster/workers/hub.js'
import { privateAddress } from '../../../lib/cluster/workers/private-address.js'
import { type HubWorker, startHubWorkers } from '../../fixtures/hub-workers.js'
import { RecordingLogger } from '../../fixtures/recording-logger.js'

type Nodes = [HubWorker, HubWorker, HubWorker]
const mib = 1024 * 1024

t.test('the others hear at once that a worker was killed', async (t) => {
  const { nodes } = await startHubWorkers(t, 3)
  const [a, b, c] = nodes as Nodes
  const since = performance.now()
  c.child.kill('SIGKILL')
  const isGone = (node: HubWorker): Promise<void> =>
    node.until((reports) => reports.some((each) => each.is === 'gone' && each.node === 'node2'))
  await Promise.all([isGone(a), isGone(b)])
  const ms = performance.now() - since
  t.comment(`noticed after ${ms.toFixed(1)} ms`)
})

t.test('a hub that ends and returns: down, up, and subscribed as before', async (t) => {
  const { address, folder = '' } = privateAddress()
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { hub, nodes } = await startHubWorkers(t, 2, { address })
  const [a, b] = nodes as Nodes
  await b.order({ do: 'subscribe', channels: ['c', 'let go'] })
  await hub.close()
  await Promise.all([a, b].map((node) => node.until((reports) => reports.some(({ is }) => is === 'state'))))
  t.equal(await a.order({ do: 'publish', channel: 'c', texts: ['away'] }), false)
  await b.order({ do: 'unsubscribe', channels: ['let go'] })
  const asked = b.order({ do: 'subscribe', channels: ['while away'] })

  const since = performance.now()
  const again = await startHub({ address })
  t.teardown(() => again.close())
  await Promise.all(
    [a, b].map((node) => node.until((reports) => reports.filter(({ is }) => is === 'state').length === 2))
  )
  t.comment(`back after ${(performance.now() - since).toFixed(0)} ms`)
  await asked
  t.same(b.reports, [
    { is: 'state', state: 'down' },
    { is: 'state', state: 'up' }
  ])
  for (const channel of ['let go', 'c', 'while away'])
    t.equal(await a.order({ do: 'publish', channel, texts: ['back'] }), true)
  t.same(
    (await b.deliveredUntil(2)).map(({ channel }) => channel),
    ['c', 'while away']
  )
})

t.test('publish is false over the outbox, and true again when it was sent', async (t) => {
  const { nodes } = await startHubWorkers(t, 1)
  const [a] = nodes as Nodes
  t.equal(await a.order({ do: 'flood', channel: 'nobody', size: mib, most: 100 }), 15)
  await a.order({ do: 'subscribe', channels: ['behind it'] })
  t.equal(await a.order({ do: 'flood', channel: 'nobody', size: mib, most: 100 }), 15)
  t.equal(await a.order({ do: 'flood', channel: 'nobody', size: 17 * mib, most: 1 }), 0)
})

t.test('a worker that does not read loses its connection alone, and comes again', async (t) => {
  const log = new RecordingLogger()
  const { nodes } = await startHubWorkers(t, 3, { maxWaitingBytes: 4 * mib, log })
  const [a, b, c] = nodes as Nodes
  for (const node of [b, c]) await node.order({ do: 'subscribe', channels: ['c'] })
  c.child.kill('SIGSTOP')
  let sent = 0
  while (log.lines.length === 0) {
    sent += (await a.order({ do: 'flood', channel: 'c', size: mib, most: 1 })) as number
    await b.deliveredUntil(sent)
  }
  t.match(log.lines[0], { details: { node: 'node2', problem: /does not read/ } })
  t.ok(sent < 8, `${sent} MiB were taken for it`)

  c.child.kill('SIGCONT')
  await c.until((reports) => reports.filter(({ is }) => is === 'state').length === 2)
  await a.order({ do: 'publish', channel: 'c', texts: ['again'] })
  await c.until(() => c.delivered.at(-1)?.text === 'again')
  t.notOk(
    b.reports.some(({ is }) => is === 'gone'),
    'nobody was told that its process ended'
  )
})
