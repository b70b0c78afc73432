import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { privateAddress } from '../../lib/cluster/workers/private-address.js'
import { fanOut } from '../lib/fan-out.js'
import { type Load, programUrl, type Server, type Subject } from '../lib/question.js'
import { openPhoenixRoom } from '../lib/room.js'
import { ServerProcess } from '../lib/server-process.js'
import { type Carrier, type CarrierName, startCarrier, startNode } from './carrier.js'
import { Commander } from './orders.js'
import { OtherPublisher, openNodePublisher, publishing } from './publish-load.js'

/** What a case of the cluster measures, and over what. */
export type ClusterSize =
  | { readonly measure: 'publish'; readonly carrier: CarrierName }
  | {
      readonly measure: 'fan-out'
      readonly carrier: CarrierName
      readonly members: number
      readonly bytes: number
    }

/** A server with what else has to run for it; `sender` is where broadcasts come from. */
interface ClusterServer extends Server {
  readonly sender: string
}

function together(
  measured: ServerProcess,
  others: readonly ServerProcess[],
  carrier?: Carrier
): ClusterServer {
  return {
    url: measured.url,
    sender: (others[0] ?? measured).url,
    usage: (collected) => measured.usage(collected),
    async stop() {
      await Promise.all([measured, ...others].map((each) => each.stop()))
      await carrier?.end()
    }
  }
}

async function startOurs(size: ClusterSize, profileDir?: string): Promise<Server> {
  const carrier = await startCarrier(size.carrier)
  const measured = await startNode(carrier, { profileDir })
  return together(measured, size.measure === 'fan-out' ? [await startNode(carrier)] : [], carrier)
}

const floors: Readonly<Record<CarrierName, string>> = {
  redis: 'floors/redis-publish',
  nats: 'floors/nats-publish',
  workers: 'floors/socket-publish'
}

async function startFloor({ measure, carrier: name }: ClusterSize, profileDir?: string): Promise<Server> {
  if (measure === 'fan-out') {
    return together(await ServerProcess.start(programUrl('cluster/measured-node'), profileDir), [])
  }
  const carrier = name === 'workers' ? await startSink() : await startCarrier(name)
  return together(await ServerProcess.start(programUrl(floors[name]), profileDir, carrier.env), [], carrier)
}

/** Where a Unix socket leads to when nobody passes anything on. */
async function startSink(): Promise<Carrier> {
  const { address, folder } = privateAddress()
  const sink = createServer((socket) => socket.on('error', () => {}).resume()).listen(address)
  await once(sink, 'listening')
  const end = async (): Promise<void> => {
    sink.close()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  return { name: 'workers', url: address, env: { CLUSTER_URL: address }, end }
}

/** What Socket.IO has for it; nothing for NATS that its own documentation names. */
async function startSocketIo(
  { measure, carrier: name }: ClusterSize,
  profileDir?: string
): Promise<Server | undefined> {
  if (measure === 'fan-out' || name === 'nats') return undefined
  if (name === 'redis') {
    const carrier = await startCarrier(name)
    const program = programUrl('peers/socketio-redis')
    return together(await ServerProcess.start(program, profileDir, carrier.env), [], carrier)
  }
  const primary = await ServerProcess.start(programUrl('peers/socketio-workers'), profileDir)
  // The worker is the one that publishes, and not the process that was started.
  const worker = await OtherPublisher.open(primary.url)
  return {
    url: primary.url,
    usage: () => worker.usage(),
    async stop() {
      await worker.close()
      await primary.stop()
    }
  }
}

/** Broadcasts to the members of one node, which another one sends, or the same one. */
async function openFanOut(server: Server, members: number, bytes: number): Promise<Load> {
  const room = await openPhoenixRoom(`${server.url}/bench`, members)
  const commander = await Commander.open((server as ClusterServer).sender)
  return fanOut(
    {
      ...room,
      shout: (payload) => commander.shout(payload),
      async close() {
        await commander.close()
        await room.close()
      }
    },
    { members, bytes }
  )
}

async function openOurs(url: string, size: ClusterSize, server: Server): Promise<Load> {
  if (size.measure === 'fan-out') return openFanOut(server, size.members, size.bytes)
  return publishing(await openNodePublisher(url))
}

async function openOther(url: string, size: ClusterSize, server: Server): Promise<Load> {
  if (size.measure === 'fan-out') return openFanOut(server, size.members, size.bytes)
  return publishing(await OtherPublisher.open(url))
}

const mount = ''

/** Ours, what it is held against, and what else one would take. */
export const subjects: readonly Subject<ClusterSize>[] = [
  { name: 'ours', what: 'a node of a cluster', mount, start: startOurs, open: openOurs },
  {
    name: 'floor',
    what: 'the client of the engine by itself, or a Unix socket; of a broadcast one that is local, on a server without a cluster',
    mount,
    start: startFloor,
    open: openOther
  },
  {
    name: 'Socket.IO',
    what: '`@socket.io/redis-adapter`, or `@socket.io/cluster-adapter` for workers',
    mount,
    start: startSocketIo,
    open: openOther
  }
]
