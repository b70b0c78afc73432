/**
 * `npm run bench:herd`: clients that have lost their connections come back all at once, each with messages that it has
 * missed. Counts every message, the CPU time of the server for them, its longest turn and its memory, beside servers that
 * clients connect to alone. Ends with status 1 when a message is lost, doubled or out of order, or takes too much time.
 */
import { parseArgs } from 'node:util'
import { PhoenixConnection } from '../lib/load/clients/phoenix-connection.js'
import { closeAll, enter } from './lib/clients.js'
import { inParallel } from './lib/parallel.js'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'

/** Recovered messages that a second of CPU time has to be enough for. */
const leastPerCpuSecond = 10_000

/** The mount of the load target; floors have none. */
const mount = '/bench'

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
const rounds = Number(values.rounds)

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

async function comeBack(url: string, n: number, place: Place): Promise<PhoenixConnection> {
  const connection = await open(url, n)
  let next = place.offset + 1
  const all = new Promise<void>((resolve) => {
    connection.on('shout', (_payload, _topic, message) => {
      if (!message.includes(`"@${next++}"`)) wrong++
      if (next > place.offset + missed) resolve()
    })
  })
  const { recovered, count } = await recover(connection, roomOf(n), place)
  if (!recovered || count !== missed) throw new Error(`recovered: ${recovered}, ${count} of ${missed}`)
  await all
  return connection
}

/** What a round took. */
interface Round {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly turnMs: number
  readonly bytesEach: number
  readonly collectedEach: number
}

/** Has everybody come at once; `come` resolves when one of them has all that it came for. */
async function herd(
  server: ServerProcess,
  path: string,
  come: (url: string, n: number) => Promise<PhoenixConnection>
): Promise<Round> {
  const before = await server.usage(true)
  await server.longestTurn()
  const start = performance.now()
  const connections = await Promise.all(
    Array.from({ length: clients }, (_, n) => come(`${server.url}${path}`, n))
  )
  const seconds = (performance.now() - start) / 1000
  const turnMs = await server.longestTurn()
  const after = await server.usage()
  const collected = await server.usage(true)
  await closeAll(connections)
  return {
    seconds,
    cpuSeconds: (after.cpuUs - before.cpuUs) / 1e6,
    turnMs,
    bytesEach: (after.rssBytes - before.rssBytes) / clients,
    collectedEach: (collected.rssBytes - before.rssBytes) / clients
  }
}

function print(name: string, round: Round, messages: number): void {
  const kib = (bytes: number): string => (bytes / 1024).toFixed(1)
  const cells = [
    name,
    round.seconds.toFixed(1),
    round.cpuSeconds.toFixed(1),
    messages === 0 ? '' : (messages / round.cpuSeconds).toFixed(0),
    round.turnMs.toFixed(0),
    kib(round.bytesEach),
    kib(round.collectedEach)
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

/** They connect, and have one message answered. */
async function floor(name: string): Promise<void> {
  const server = await ServerProcess.start(programUrl(`floors/${name}`))
  try {
    for (let i = 0; i < rounds; i++) {
      const round = await herd(server, '', async (url, n) => {
        const connection = await open(url, n)
        await connection.join(roomOf(n))
        return connection
      })
      print(name, round, 0)
    }
  } finally {
    await server.stop()
  }
}

async function recovery(): Promise<void> {
  const server = await ServerProcess.start(programUrl('serve-history'))
  try {
    for (let i = 0; i < rounds; i++) {
      const places = await placesOf(`${server.url}${mount}`)
      await miss(`${server.url}${mount}`)
      const round = await herd(server, mount, (url, n) => comeBack(url, n, places[n % rooms] as Place))
      print('recovery', round, clients * missed)
      if ((clients * missed) / round.cpuSeconds < leastPerCpuSecond) process.exitCode = 1
    }
  } finally {
    await server.stop()
  }
  process.stdout.write(`\n${wrong} messages came doubled, late or not at all\n`)
  if (wrong > 0) process.exitCode = 1
}

process.stdout.write(
  `${clients} clients at once; after "recovery" in ${rooms} rooms, with ${missed} missed messages each\n\n` +
    '| server | s | CPU s | messages / CPU s | longest turn, ms | KiB a client | collected |\n' +
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n'
)
for (const name of ['ws-echo', 'fastify-websocket']) await floor(name)
await recovery()
