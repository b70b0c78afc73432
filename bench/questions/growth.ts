import { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'
import { closeAll, enter, enterUser, keepAlive } from '../lib/clients.js'
import { fanOut } from '../lib/fan-out.js'
import { connectDataChannel, connectWebSocket } from '../lib/hook-client.js'
import { hookLoad } from '../lib/hook-load.js'
import { keepIdlePeers } from '../lib/idle-peers.js'
import { inParallel } from '../lib/parallel.js'
import { presenceLoad } from '../lib/presence-load.js'
import { type Load, ours, programUrl, type Question, type Server, type Subject } from '../lib/question.js'
import { openPhoenixRoom } from '../lib/room.js'
import { ServerProcess } from '../lib/server-process.js'

interface GrowthSize {
  readonly of: 'sockets' | 'peers' | 'topics' | 'members' | 'presences'
  /** Whether all peers of the server share a UDP port. */
  readonly onePort?: boolean
}

/** What there is ten of in the smallest server, and ten thousand in the largest. */
const smallest = 10

/** A peer costs the clients as much as the server: there is one of them in the smallest, a thousand in the largest. */
const perPeer = 10

/** Topics that one socket joins: below the plugin's default of 100. */
const topicsPerSocket = 90

type Open = (url: string, count: number, server: Server) => Promise<Load>

const loads: Record<GrowthSize['of'], Open> = {
  /** A hook call, while so many other sockets have joined and are silent. */
  async sockets(url, count, server) {
    const idle = await inParallel(count, (n) => enterUser(url, `idle${n}`))
    const load = await hookLoad(connectWebSocket)(url, { clients: 10, inFlight: 4, bytes: 16 }, server)
    return beside(load, keptAlive(idle))
  },
  /** A hook call over a DataChannel, while so many other peers are connected and are silent. */
  async peers(url, count, server) {
    const closeIdle = await keepIdlePeers(url, count / perPeer)
    const load = await hookLoad(connectDataChannel)(url, { clients: 10, inFlight: 4, bytes: 16 }, server)
    return beside(load, closeIdle)
  },
  /** A delivery in a room of ten, while there are so many other rooms. */
  async topics(url, count) {
    const idle = await inParallel(Math.ceil(count / topicsPerSocket), async (n) => {
      const connection = await PhoenixConnection.open(url, { user_id: `idle${n}` })
      const last = Math.min(count, (n + 1) * topicsPerSocket)
      for (let topic = n * topicsPerSocket; topic < last; topic++) await connection.join(`room:idle${topic}`)
      return connection
    })
    return beside(await fanOut(await openPhoenixRoom(url, 10), { members: 10, bytes: 64 }), keptAlive(idle))
  },
  /** A delivery in a room of so many. */
  async members(url, count) {
    return fanOut(await openPhoenixRoom(url, count), { members: count, bytes: 64 })
  },
  /** A join with presence in a room of ten, while so many are present elsewhere. */
  async presences(url, count) {
    const elsewhere = 'presence:elsewhere'
    const filler = await enter(url, 'filler', elsewhere, '{"track":false}')
    await filler.request(elsewhere, 'fill', JSON.stringify({ keys: count }))
    return beside(await presenceLoad(url, { members: 10, rooms: 20, joins: 1 }), keptAlive([filler]))
  }
}

/** The load, while others stay connected and do nothing, until it is closed. */
function beside(load: Load, closeIdle: () => Promise<void>): Load {
  return {
    ...load,
    async close() {
      await load.close()
      await closeIdle()
    }
  }
}

/** Returns what closes them. */
function keptAlive(idle: readonly PhoenixConnection[]): () => Promise<void> {
  const release = keepAlive(idle)
  return () => {
    release()
    return closeAll(idle)
  }
}

function grown(factor: number): Subject<GrowthSize> {
  return {
    ...ours,
    name: `x ${factor.toLocaleString('en')}`,
    what: `${(smallest * factor).toLocaleString('en')} of them`,
    start: ({ onePort }, profileDir) =>
      ServerProcess.start(onePort ? programUrl('serve-one-port') : ours.program, profileDir),
    open: (url, { of }, server) => loads[of](url, smallest * factor, server)
  }
}

export const growth: Question<GrowthSize> = {
  name: 'growth',
  title: 'The same operation, as what there is grows tenfold, three times',
  operation: 'an operation',
  dimension: 'what grows',
  figures: ['cpuUs', 'p50Ms', 'rssMiB'],
  subjects: [10, 1, 100, 1000].map(grown),
  cases: [
    {
      name: 'idle sockets; a hook call',
      size: { of: 'sockets' },
      quick: true,
      files: 11_500,
      takes: { open: 3 }
    },
    {
      name: 'idle peers, a tenth as many; a hook call over a DataChannel',
      size: { of: 'peers' },
      files: 2500,
      takes: { open: 8 }
    },
    {
      name: 'idle peers, a tenth as many, on one UDP port; a hook call over a DataChannel',
      size: { of: 'peers', onePort: true },
      files: 2500,
      takes: { open: 8 }
    },
    { name: 'other topics; a delivery', size: { of: 'topics' }, takes: { open: 2 } },
    { name: 'members of the room; a delivery', size: { of: 'members' }, files: 11_500, takes: { open: 3 } },
    { name: 'presences elsewhere; a join', size: { of: 'presences' }, quick: true }
  ],
  plan: { launches: 1 }
}
