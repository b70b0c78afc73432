/**
 * `npm run bench:herd`: clients that have lost their connections come back all at once, each with messages that it has
 * missed. Counts every message, the CPU time of the server for them, its longest turn and its memory. Ends with status 1
 * when a message is lost, doubled or out of order, or a target is missed.
 */
import { parseArgs } from 'node:util'
import { PhoenixConnection } from '../lib/load/clients/phoenix-connection.js'
import { closeAll, enter } from './lib/clients.js'
import { inParallel } from './lib/parallel.js'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'

/** What is to be held. */
const targets = { perCpuSecond: 10_000, turnMs: 50 } as const

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10000' },
    rooms: { type: 'string', default: '100' },
    missed: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' }
  }
})

const clients = Number(values.clients)
const rooms = Number(values.rooms)
const missed = Number(values.missed)

/** Where a client of the room was when its connection broke. */
interface Place {
  readonly epoch: string
  readonly offset: number
}

const roomOf = (n: number): string => `room:herd${n % rooms}`

/** Addresses of this machine: each has ports of its own. */
const addressOf = (n: number): string => `127.0.0.${2 + (n % 8)}`

const open = (url: string, n: number): Promise<PhoenixConnection> =>
  PhoenixConnection.open(url, { user_id: `herd${n}` }, { localAddress: addressOf(n) })

/** Joins with a place, and resolves with the one that is answered. */
async function recover(connection: PhoenixConnection, topic: string, place: Partial<Place>) {
  const params = JSON.stringify({ phx_recover: place })
  const { status, response } = await connection.request(topic, 'phx_join', params)
  if (status !== 'ok') throw new Error(`join: ${JSON.stringify(response)}`)
  return response.phx_recover as Place & { readonly recovered: boolean; readonly count: number }
}

/** The place of each room: that of everybody in it. */
async function placesOf(url: string): Promise<Place[]> {
  return inParallel(rooms, async (n) => {
    const connection = await open(url, n)
    const { epoch, offset } = await recover(connection, roomOf(n), {})
    await connection.close()
    return { epoch, offset }
  })
}

async function miss(url: string): Promise<void> {
  const speaker = await enter(url, 'speaker', roomOf(0))
  for (let room = 0; room < rooms; room++) {
    if (room > 0) await speaker.join(roomOf(room))
    for (let i = 0; i < missed; i++) speaker.push(roomOf(room), 'shout', `{"text":"${'x'.repeat(200)}"}`)
  }
  // Whatever was pushed has been handled when the reply is there.
  await new Promise((resolve) => speaker.heartbeat(resolve))
  await speaker.close()
}

/** How often a message came that was not the next one. */
let wrong = 0

async function comeBack(url: string, n: number, place: Place, onAll: () => void): Promise<PhoenixConnection> {
  const connection = await open(url, n)
  let next = place.offset + 1
  connection.on('shout', (_payload, _topic, message) => {
    if (!message.includes(`"@${next++}"`)) wrong++
    if (next > place.offset + missed) onAll()
  })
  const { recovered, count } = await recover(connection, roomOf(n), place)
  if (!recovered || count !== missed) throw new Error(`recovered: ${recovered}, ${count} of ${missed}`)
  return connection
}

async function round(server: ServerProcess): Promise<boolean> {
  const url = `${server.url}/bench`
  const places = await placesOf(url)
  await miss(url)
  const before = await server.usage(true)
  await server.longestTurn()
  const start = performance.now()
  let complete = 0
  let resolveAll = (): void => {}
  const all = new Promise<void>((resolve) => {
    resolveAll = resolve
  })
  const herd = await Promise.all(
    Array.from({ length: clients }, (_, n) =>
      comeBack(url, n, places[n % rooms] as Place, () => {
        if (++complete === clients) resolveAll()
      })
    )
  )
  await all
  const seconds = (performance.now() - start) / 1000
  const turnMs = await server.longestTurn()
  const after = await server.usage()
  const held = await server.usage(true)
  await closeAll(herd)
  const cpuSeconds = (after.cpuUs - before.cpuUs) / 1e6
  const perCpuSecond = (clients * missed) / cpuSeconds
  const kib = (bytes: number): string => (bytes / 1024 / clients).toFixed(1)
  const isHeld = wrong === 0 && perCpuSecond >= targets.perCpuSecond && turnMs <= targets.turnMs
  const cells = [
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    perCpuSecond.toFixed(0),
    turnMs.toFixed(0),
    kib(after.rssBytes - before.rssBytes),
    kib(held.rssBytes - before.rssBytes),
    wrong,
    isHeld ? 'yes' : 'NO'
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  return isHeld
}

process.stdout.write(
  `${clients} clients in ${rooms} rooms, ${missed} missed messages each\n\n` +
    '| s | CPU s | messages / CPU s | longest turn, ms | KiB a client | collected | wrong | held |\n' +
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n'
)
const server = await ServerProcess.start(programUrl('serve-history'))
try {
  for (let i = 0; i < Number(values.rounds); i++) if (!(await round(server))) process.exitCode = 1
} finally {
  await server.stop()
}
