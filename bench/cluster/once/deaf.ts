import { setTimeout as pause } from 'node:timers/promises'
import type { Measure } from '../../lib/measured-once.js'
import type { EngineName } from '../engine.js'
import { Nodes } from './nodes.js'
import { Way } from './way.js'

const topic = 'room:deaf'
const everyMs = 20

/** The engine forgets what a node is subscribed to, on a connection that goes on: until its members hear others again. */
export async function deaf(name: EngineName, quick: boolean): Promise<Measure[]> {
  const rounds = quick ? 1 : 3
  return Nodes.with(name, async (nodes) => {
    const way = await Way.start(nodes.carrier.url)
    nodes.endsWith(() => way.end())
    const [from, to] = [await nodes.add(), await nodes.add({ url: way.url })]
    const member = await nodes.member(to, topic)
    let heardAt = 0
    member.on('said', () => {
      heardAt = performance.now()
    })
    const values: number[] = []
    for (let round = 0; round < rounds; round++) {
      // So long that a message that was on its way has come.
      const quietMs = 500
      way.deafen()
      const began = performance.now()
      do {
        await from.commander.order('publish', { topic, count: 1, text: 'sixteen bytes ok' })
        await pause(everyMs)
      } while (heardAt < began + quietMs)
      values.push((heardAt - began) / 1000)
      // Its back-off begins anew when it has heard itself.
      await pause(2_000)
    }
    return [
      { name: `deaf subscription, until others are heard again, ${name}`, unit: 's', values, atMost: 4 }
    ]
  })
}
