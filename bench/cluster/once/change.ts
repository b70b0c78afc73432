import { setTimeout as pause } from 'node:timers/promises'
import type { Measure } from '../../lib/measured-once.js'
import { quantile } from '../../lib/statistics.js'
import type { CarrierName } from '../carrier.js'
import { Nodes } from './nodes.js'

const fill = { topic: 'room:present', prefix: 'changing', count: 1 }
const longestPauseMs = 100

/** From a change of a presence on one node until a client of another one is told. */
export async function change(name: CarrierName, quick: boolean): Promise<Measure[]> {
  const changes = quick ? 30 : 300
  return Nodes.with(name, async (nodes) => {
    const [from, to] = [await nodes.add(), await nodes.add()]
    const member = await nodes.member(to, fill.topic)
    await from.commander.order('fill', fill)
    await to.commander.untilSeen({ ...fill, version: 0 }, 10_000)
    const times: number[] = []
    for (let version = 1; version <= changes; version++) {
      const told = new Promise<void>((resolve) => member.on('presence_diff', () => resolve()))
      const began = performance.now()
      void from.commander.order('update', { ...fill, version })
      await told
      times.push(performance.now() - began)
      // Operations go out at once after a pause, and together where they follow each other.
      await pause(Math.random() * longestPauseMs)
    }
    const what = `a presence change seen on the other node, ${name}`
    return [
      { name: `${what}, p50`, unit: 'ms', values: [quantile(times, 0.5)] },
      { name: `${what}, p99`, unit: 'ms', values: [quantile(times, 0.99)], atMost: 150 }
    ]
  })
}
