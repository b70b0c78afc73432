/**
 * `npm run bench:memory`: what a connected idle peer costs, and whether the server stands where it was
 * after thousands of them have come and gone. Ends with status 1 when a bound is missed.
 */
import { parseArgs } from 'node:util'
import { atRest } from './lib/at-rest.js'
import { closeAll } from './lib/clients.js'
import { inParallel } from './lib/parallel.js'
import type { Usage } from './lib/probe.js'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import { connectUserPeer, type UserPeer } from './lib/user-peer.js'

const maxPeerKiB = 320
/** What the allocator may keep more than before. */
const maxGrowthMiB = 24
/** So many are there at the same time, of those who come and go. */
const together = 50
const connectsAtOnce = 10

function wave(url: string, name: string, count: number): Promise<UserPeer[]> {
  return inParallel(count, (n) => connectUserPeer(url, `${name}-${n}`), connectsAtOnce)
}

async function comeAndGo(server: ServerProcess, name: string, count: number): Promise<Usage> {
  const url = `${server.url}/bench`
  for (let done = 0; done < count; done += together) {
    await closeAll(await wave(url, `${name}-${done}`, together))
  }
  return atRest(server)
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

function show(moment: string, { rssBytes, threads, files }: Usage): void {
  process.stdout.write(`| ${moment} | ${mib(rssBytes)} | ${threads} | ${files} |\n`)
}

const { values } = parseArgs({
  options: {
    idle: { type: 'string', default: '300' },
    first: { type: 'string', default: '500' },
    peers: { type: 'string', default: '5000' }
  }
})
const [idle, first, peers] = [Number(values.idle), Number(values.first), Number(values.peers)]
const server = await ServerProcess.start(programUrl('serve'))
try {
  process.stdout.write('| server | RSS, MiB | threads | files |\n| --- | ---: | ---: | ---: |\n')
  // The first peers bring code and pools that stay.
  const warm = await comeAndGo(server, 'warm', together)
  show('warmed up', warm)
  const clients = await wave(`${server.url}/bench`, 'idle', idle)
  const loaded = await atRest(server)
  show(`${idle} idle peers`, loaded)
  await closeAll(clients)
  await atRest(server)
  const start = await comeAndGo(server, 'first', Math.max(0, first - idle - together))
  show(`after ${first} peers`, start)
  const end = await comeAndGo(server, 'more', peers - first)
  show(`after ${peers} peers`, end)

  const peerKiB = (loaded.rssBytes - warm.rssBytes) / idle / 1024
  const growthMiB = (end.rssBytes - start.rssBytes) / 2 ** 20
  process.stdout.write(`\n${peerKiB.toFixed(0)} KiB an idle peer with its socket (at most ${maxPeerKiB}); `)
  process.stdout.write(`${growthMiB.toFixed(1)} MiB more after ${peers} than after ${first}\n`)
  const isHeld =
    peerKiB <= maxPeerKiB &&
    growthMiB <= maxGrowthMiB &&
    end.threads <= start.threads &&
    end.files <= start.files
  if (!isHeld) process.exitCode = 1
} finally {
  await server.stop()
}
