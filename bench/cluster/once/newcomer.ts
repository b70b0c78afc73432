import type { Measure } from '../../lib/measured-once.js'
import { Nodes } from './nodes.js'

const fill = { topic: 'room:present', prefix: 'there', count: 10_000 }

/** A node joins another one that has ten thousand presences. */
export async function newcomer(quick: boolean): Promise<Measure[]> {
  const rounds = quick ? 1 : 5
  return Nodes.with('redis', async (nodes) => {
    const owner = await nodes.add()
    await owner.commander.order('fill', fill)
    const times: number[] = []
    const ownerTurns: number[] = []
    const newTurns: number[] = []
    for (let round = 0; round < rounds; round++) {
      await owner.server.longestTurn()
      const { server, commander } = await nodes.add({ watches: true })
      // It has looked for presences that it did not have yet; the whole list is read once.
      await commander.untilSeen({ ...fill, version: 0 }, 20_000)
      const { ms, turnMs } = await commander.order('age', {})
      times.push(Number(ms) / 1000)
      newTurns.push(Number(turnMs))
      ownerTurns.push(await owner.server.longestTurn())
      await commander.close()
      await server.kill()
    }
    return [
      { name: 'a new node has 10,000 presences, Redis', unit: 's', values: times, atMost: 1 },
      { name: 'the longest turn of the new node', unit: 'ms', values: newTurns, atMost: 50 },
      { name: 'the longest turn of the node that has them', unit: 'ms', values: ownerTurns, atMost: 50 }
    ]
  })
}
