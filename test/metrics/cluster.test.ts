import { Registry } from 'prom-client'
import t from 'tap'
import { readScrape, showMetrics } from '../fixtures/metrics.js'
import { startNodes } from '../fixtures/nodes.js'
import { connectPhoenix, join, next } from '../fixtures/phoenix-client.js'
import { until } from '../fixtures/until.js'

t.test('nodes count what they say to each other, each for itself', async (t) => {
  const began = performance.now()
  const registers = [new Registry(), new Registry()]
  const { nodes } = await startNodes(t, 2, {}, (app, index) =>
    showMetrics(app, { register: registers[index] as Registry, path: false })
  )
  const [here, there] = nodes
  if (here === undefined || there === undefined) throw new Error('there are two')
  const see = async (index: number) => readScrape(await (registers[index] as Registry).metrics())
  const channel = connectPhoenix(t, there.url, { params: { user_id: 'a' } }).channel('room:1')
  await join(channel)
  const heard = next(channel, 'news')
  here.app.phoenix.broadcast('room:1', 'news', { text: 'hello' })
  await heard
  const [one, other] = [await see(0), await see(1)]
  t.match(Object.fromEntries(one), {
    phoenix_cluster_nodes: 2,
    phoenix_cluster_engine_up: 1,
    'phoenix_cluster_published_total{kind="broadcast"}': 1,
    'phoenix_cluster_delivered_total{kind="broadcast"}': 0,
    'phoenix_broadcasts_total{result="ok"}': 1,
    phoenix_cluster_outbox_messages: 0
  })
  t.match(Object.fromEntries(other), {
    'phoenix_cluster_published_total{kind="broadcast"}': 0,
    'phoenix_cluster_delivered_total{kind="broadcast"}': 1,
    'phoenix_broadcasts_total{result="ok"}': 0
  })
  t.ok(Number(other.get('phoenix_cluster_delivered_bytes_total{kind="broadcast"}')) > 20)
  t.ok(Number(one.get('phoenix_cluster_subscriptions')) >= 2)
  t.ok(Number(one.get('phoenix_cluster_lag_seconds')) <= (performance.now() - began) / 1000)
  await there.app.close()
  await until(async () => (await see(0)).get('phoenix_cluster_nodes') === 1)
})
