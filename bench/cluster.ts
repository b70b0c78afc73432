/**
 * `npm run bench:cluster`: three nodes, an engine, and clients in rooms with presence, under load. All nodes are
 * restarted one after the other, and one is killed; with `--soak MINUTES` nodes and engine then fail at random. After each
 * fault all clients have to be back, see all who are in their room, and hear once what each of them says.
 * Ends with status 1 where that is not so.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { EngineName } from './cluster/engine.js'
import { faults } from './cluster/faults.js'
import { lookMs, World } from './cluster/world.js'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'redis' },
    clients: { type: 'string', default: '3000' },
    rooms: { type: 'string', default: '300' },
    'say-every': { type: 'string', default: '10000' },
    soak: { type: 'string', default: '0' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` }
  }
})
const backLimitMs = 90_000
const truthLimitMs = 30_000
const roundLimitMs = 20_000
const mebibyte = 1024 * 1024

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'NOT IN TIME')

const world = await World.start({
  engine: values.engine as EngineName,
  nodes: 3,
  clients: Number(values.clients),
  rooms: Number(values.rooms),
  sayEveryMs: Number(values['say-every'])
})
let failures = 0

/** Holds all clients against the truth, after something happened. */
async function check(what: string): Promise<void> {
  const back = await world.until(({ joined, members }) => joined === members, backLimitMs)
  const truth = await world.until(({ seeAll, members }) => seeAll === members, truthLimitMs)
  const missing = await world.round(roundLimitMs)
  // A node of a busy machine may have seemed silent meanwhile.
  const still = await world.until(({ seeAll, members }) => seeAll === members, truthLimitMs)
  const { joined, seeAll, members, received, twice, again, disordered } = await world.state()
  const memory = await Promise.all(world.nodes.map(async (node) => (await node?.usage(true))?.rssBytes ?? 0))
  if (joined < members || seeAll < members || missing > 0 || twice > 0) failures++
  const mib = memory.map((bytes) => (bytes / mebibyte).toFixed(0)).join(' ')
  say(
    `${what}: ${joined} of ${members} joined after ${seconds(back)}, ${seeAll} see all after ${seconds(truth)} more` +
      `${still < lookMs ? '' : `, and again after ${seconds(still)}`}; ` +
      `${missing} missing in a round; ${received} received, ${twice} twice, ${again} again after a join, ${disordered} out of order; ${mib} MiB`
  )
}

try {
  say(
    `${values.clients} clients in ${values.rooms} rooms, three nodes, ${values.engine}, seed ${values.seed}`
  )
  await check('start')
  for (const [number] of world.nodes.entries()) {
    await world.restartNode(number)
    await check(`node ${number + 1} restarted`)
  }
  await world.killNode(0)
  await check('node 1 killed')
  await world.startNode(0)
  const end = performance.now() + Number(values.soak) * 60_000
  for (const fault of faults(Number(values.seed), world)) {
    if (performance.now() > end) break
    await pause(2_000)
    await check(await fault())
  }
  if (Number(values.soak) > 0) await check('end')
} finally {
  await world.end()
}
say(failures === 0 ? 'clean' : `${failures} checks failed`)
process.exit(failures === 0 ? 0 : 1)
