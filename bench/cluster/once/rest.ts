import { setTimeout as pause } from 'node:timers/promises'
import type { Measure } from '../../lib/measured-once.js'
import type { CarrierName } from '../carrier.js'
import { loadOf, Nodes } from './nodes.js'

const topic = 'room:present'
const half = 5000

/** Two nodes with ten thousand presences, and nobody does anything. */
export async function rest(name: CarrierName, quick: boolean): Promise<Measure[]> {
  const ms = quick ? 2000 : 10_000
  return Nodes.with(name, async (nodes) => {
    const both = [await nodes.add(), await nodes.add()] as const
    for (const [i, { commander }] of both.entries()) {
      await commander.order('fill', { topic, prefix: `node${i}`, count: half })
    }
    for (const [i, { commander }] of both.entries()) {
      await commander.untilSeen({ topic, prefix: `node${1 - i}`, count: half, version: 0 }, 20_000)
    }
    await pause(quick ? 1000 : 3000)
    const values = await loadOf(
      both.map(({ server }) => server),
      ms
    )
    return [{ name: `a node at rest, 10,000 presences, ${name}`, unit: '% of a core', values, atMost: 0.5 }]
  })
}
