import { setTimeout as pause } from 'node:timers/promises'
import type { Measure } from '../../lib/measured-once.js'
import type { CarrierName } from '../carrier.js'
import { loadOf, type Node, Nodes } from './nodes.js'

const messagesATurn = 100
const turnMs = 20

/** What others say to each other on topics that none of a node's clients is in: its CPU time, less that at rest. */
export async function bystander(name: CarrierName, quick: boolean): Promise<Measure[]> {
  const ms = quick ? 1500 : 3000
  const rounds = quick ? 1 : 3
  return Nodes.with(name, async (nodes) => {
    const [from, to, other] = [await nodes.add(), await nodes.add(), await nodes.add()]
    const member = await nodes.member(to, 'room:busy')
    member.countBytes(() => {})
    // What is compiled and collected after a start is not what it costs.
    await pause(quick ? 1000 : 3000)
    const values: number[] = []
    for (let round = 0; round < rounds; round++) {
      const [idle = 0] = await loadOf([other.server], ms)
      const stop = talk(from)
      const [busy = 0] = await loadOf([other.server], ms)
      await stop()
      values.push(Math.max(0, busy - idle))
    }
    return [
      {
        name: `a node that 5,000 messages a second through ${name} do not concern`,
        unit: '% of a core',
        values,
        atMost: 0.2
      }
    ]
  })
}

/** Publishes until the function it returns is called. */
function talk({ commander }: Node): () => Promise<void> {
  let isOver = false
  const talking = (async () => {
    while (!isOver) {
      await commander.order('publish', { topic: 'room:busy', count: messagesATurn, text: 'sixteen bytes ok' })
      await pause(turnMs)
    }
  })()
  return () => {
    isOver = true
    return talking
  }
}
