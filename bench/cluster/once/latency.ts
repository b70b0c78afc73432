import type { PhoenixConnection } from '../../../lib/load/clients/phoenix-connection.js'
import type { Measure } from '../../lib/measured-once.js'
import { quantile } from '../../lib/statistics.js'
import type { CarrierName } from '../carrier.js'
import { type Node, Nodes } from './nodes.js'

const titles = { redis: 'Redis', nats: 'NATS', workers: 'workers' } as const

/** How much later a member on another node has a broadcast than one on the same, when nothing else is done. */
export async function latency(name: CarrierName, quick: boolean): Promise<Measure[]> {
  const rounds = quick ? 1 : 5
  const count = quick ? 300 : 1000
  return Nodes.with(name, async (nodes) => {
    const [from, other] = [await nodes.add(), await nodes.add()]
    const here = await nodes.member(from, 'room:here')
    const there = await nodes.member(other, 'room:there')
    await times(from, here, 'room:here', 100)
    await times(from, there, 'room:there', 100)
    const p50: number[] = []
    const p99: number[] = []
    for (let round = 0; round < rounds; round++) {
      const near: number[] = []
      const far: number[] = []
      // In turn, so that what slows the machine down falls on both.
      for (let i = 0; i < count; i += 10) {
        near.push(...(await times(from, here, 'room:here', 10)))
        far.push(...(await times(from, there, 'room:there', 10)))
      }
      p50.push(quantile(far, 0.5) - quantile(near, 0.5))
      p99.push(quantile(far, 0.99) - quantile(near, 0.99))
    }
    const what = `added by ${titles[name]} to the latency of a broadcast`
    return [
      { name: `${what}, p50`, unit: 'ms', values: p50, atMost: 0.5 },
      { name: `${what}, p99`, unit: 'ms', values: p99, atMost: 3 }
    ]
  })
}

async function times(
  { commander }: Node,
  member: PhoenixConnection,
  topic: string,
  count: number
): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    const heard = new Promise<number>((resolve) =>
      member.on('said', () => resolve(performance.now() - began))
    )
    void commander.order('publish', { topic, count: 1, text: 'sixteen bytes ok' })
    taken.push(await heard)
  }
  return taken
}
