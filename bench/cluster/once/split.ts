import { setTimeout as pause } from 'node:timers/promises'
import type { Measure } from '../../lib/measured-once.js'
import { Nodes } from './nodes.js'
import { Way } from './way.js'

const topic = 'room:present'
const half = 5000
/** Changes of each presence while the nodes are apart: more of them than a node keeps as operations. */
const versions = 3
/** By then a node has noticed that its engine is away. */
const noticedMs = 4_000
const limitMs = 30_000

/**
 * Two nodes of five thousand presences each, one of which is cut off from the engine, and all that they have changes:
 * from the end of the split until both know all again, and the bytes that pass for it.
 */
export async function split(quick: boolean): Promise<Measure[]> {
  const splitMs = quick ? 8_000 : 30_000
  return Nodes.with('redis', async (nodes) => {
    const way = await Way.start(nodes.carrier.url)
    nodes.endsWith(() => way.end())
    const sides = [await nodes.add(), await nodes.add({ url: way.url })] as const
    const seen = (side: number, version: number) => ({ topic, prefix: `node${side}`, count: half, version })
    const agree = (version: number) =>
      Promise.all(sides.map(({ commander }, side) => commander.untilSeen(seen(1 - side, version), limitMs)))
    for (const [side, { commander }] of sides.entries()) await commander.order('fill', seen(side, 0))
    await agree(0)
    way.block()
    const began = performance.now()
    await pause(noticedMs)
    for (let version = 1; version <= versions; version++) {
      for (const [side, { commander }] of sides.entries())
        await commander.order('update', seen(side, version))
    }
    await pause(splitMs - (performance.now() - began))
    for (const { server } of sides) await server.longestTurn()
    const before = way.passed
    const healed = performance.now()
    way.unblock()
    await agree(versions)
    const seconds = (performance.now() - healed) / 1000
    const megabytes = (way.passed - before) / 1e6
    const turns = await Promise.all(sides.map(({ server }) => server.longestTurn()))
    const what = `split of ${splitMs / 1000} s, 10,000 presences that all change`
    return [
      { name: `${what}, until all agree, Redis`, unit: 's', values: [seconds], atMost: 1.5 },
      { name: 'what passes for it, both ways', unit: 'MB', values: [megabytes], atMost: 3 },
      { name: 'the longest turn of both meanwhile', unit: 'ms', values: turns }
    ]
  })
}
