import type { PhoenixConnection } from '../../../lib/load/clients/phoenix-connection.js'
import type { Measure } from '../../lib/measured-once.js'
import type { CarrierName } from '../carrier.js'
import { type Node, Nodes } from './nodes.js'

const count = 10
const fill = { topic: 'room:present', prefix: 'leaver', count }
const limitMs = 20_000

/** How a node ends: without a word, or as an orchestrator has it end. */
export type Way = 'SIGKILL' | 'SIGTERM'

/** From the signal that a node gets until its presences have left for the client of another. */
export async function leaving(
  name: CarrierName,
  way: Way,
  { atMost, rounds }: { atMost: number; rounds: number }
): Promise<Measure[]> {
  return Nodes.with(name, async (nodes) => {
    const stays = await nodes.add()
    const member = await nodes.member(stays, fill.topic)
    const values: number[] = []
    for (let round = 0; round < rounds; round++) {
      const goes = await nodes.add()
      await goes.commander.order('fill', fill)
      await stays.commander.untilSeen({ ...fill, version: 0 }, limitMs)
      values.push(await leave(goes, member, way))
    }
    const how = way === 'SIGKILL' ? 'SIGKILL of a node' : 'graceful stop of a node'
    return [{ name: `${how}, ${name}, until its presences have left`, unit: 's', values, atMost }]
  })
}

async function leave({ server }: Node, member: PhoenixConnection, way: Way): Promise<number> {
  const left = new Set<string>()
  const allLeft = new Promise<void>((resolve) => {
    member.on('presence_diff', (diff) => {
      for (const key of Object.keys(diff.leaves as object)) left.add(key)
      if (left.size === count) resolve()
    })
  })
  const began = performance.now()
  server.signal(way)
  await allLeft
  return (performance.now() - began) / 1000
}
