import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'
import type { Measure } from '../../lib/measured-once.js'
import { inParallel } from '../../lib/parallel.js'
import { Nodes } from './nodes.js'

const count = 10_000
const lookMs = 10

/** Redis ends the connection on which a node has subscribed to ten thousand topics: until it has all of them again. */
export async function topics(quick: boolean): Promise<Measure[]> {
  const rounds = quick ? 1 : 3
  return Nodes.with('redis', async (nodes) => {
    const node = await nodes.add()
    const member = await nodes.member(node, 'room:first')
    await inParallel(count, (n) => member.join(`room:${n}`))
    const bare = await createClient({ url: nodes.carrier.url }).connect()
    nodes.endsWith(() => bare.destroy())
    const channels = async (): Promise<number> =>
      numberIn(await bare.info('stats'), /^pubsub_channels:(\d+)/m)
    const all = await channels()
    const times: number[] = []
    const commands: number[] = []
    for (let round = 0; round < rounds; round++) {
      await bare.sendCommand(['CONFIG', 'RESETSTAT'])
      const began = performance.now()
      await bare.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      while ((await channels()) < all) await pause(lookMs)
      times.push((performance.now() - began) / 1000)
      const calls = numberIn(await bare.info('commandstats'), /^cmdstat_subscribe:calls=(\d+)/m)
      // A new connection is asked whether its user may subscribe at all.
      commands.push(calls - 1)
      await pause(1_000)
    }
    return [
      {
        name: '10,000 topics subscribed anew after a lost connection, Redis',
        unit: 's',
        values: times,
        atMost: 1
      },
      {
        name: 'commands for it, beside the one that checks the rights of the user',
        unit: 'commands',
        values: commands,
        atMost: 20
      }
    ]
  })
}

function numberIn(text: string, form: RegExp): number {
  return Number(form.exec(text)?.[1] ?? 0)
}
