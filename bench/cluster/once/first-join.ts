import { createClient } from '@redis/client'
import { PhoenixConnection } from '../../../lib/load/clients/phoenix-connection.js'
import type { Measure } from '../../lib/measured-once.js'
import { quantile } from '../../lib/statistics.js'
import { Nodes } from './nodes.js'

/** How much longer the first join of a topic on a node takes than the second, beside a subscription of the bare client. */
export async function firstJoin(quick: boolean): Promise<Measure[]> {
  const count = quick ? 200 : 500
  const rounds = quick ? 1 : 5
  return Nodes.with('redis', async (nodes) => {
    const { server } = await nodes.add()
    const bare = createClient({ url: nodes.carrier.url })
    await bare.connect()
    nodes.endsWith(() => bare.destroy())
    const clients = await Promise.all(
      [1, 2].map((n) => PhoenixConnection.open(`${server.url}/bench`, { user_id: `joiner${n}` }))
    )
    for (const client of clients) nodes.endsWith(() => client.close())
    const [one, two] = clients as [PhoenixConnection, PhoenixConnection]
    const added: number[] = []
    const trips: number[] = []
    for (let round = -1; round < rounds; round++) {
      const times: [number[], number[], number[]] = [[], [], []]
      for (let i = 0; i < count; i++) {
        const topic = `room:${round}:${i}`
        times[0].push(await timeOf(() => one.join(topic)))
        times[1].push(await timeOf(() => two.join(topic)))
        times[2].push(await timeOf(() => bare.subscribe(topic, () => {})))
      }
      // The first one warms up.
      if (round < 0) continue
      const [first, second, trip] = times.map((each) => quantile(each, 0.5)) as [number, number, number]
      added.push(first - second)
      trips.push(trip)
    }
    return [
      { name: 'added to the first join of a topic on a node, Redis, p50', unit: 'ms', values: added },
      {
        name: 'the same, in subscriptions of the bare client',
        unit: 'of them',
        values: added.map((ms, i) => ms / (trips[i] ?? 1)),
        atMost: 1.5
      }
    ]
  })
}

async function timeOf(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await task()
  return performance.now() - began
}
