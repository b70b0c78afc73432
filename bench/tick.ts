/**
 * `npm run bench:tick`: how well a tick loop holds its rate while it sends state to a room over
 * DataChannels, unordered and never sent again. The clients are in this process, the server in its own.
 */
import { parseArgs } from 'node:util'
import { openDataChannel } from './lib/hook-client-datachannel.js'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import type { LoopPlan, LoopReport } from './tick-server.js'

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '200' },
    bytes: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    rates: { type: 'string', default: '30,60,120' }
  }
})

/** So many clients connect at the same time. */
const batch = 10
const settleMs = 1000

let received = 0

type Client = Awaited<ReturnType<typeof openDataChannel>>

async function connect(url: string, peers: number): Promise<Client[]> {
  // The channels as well: one that nothing refers to is collected as garbage, and that closes it.
  const clients: Client[] = []
  const config = { unordered: true, maxRetransmits: 0 }
  while (clients.length < peers) {
    const count = Math.min(batch, peers - clients.length)
    const users = Array.from({ length: count }, (_, i) => clients.length + i)
    const opened = await Promise.all(
      users.map((user) => openDataChannel(url, `user${user}`, { label: 'state', config, topic: 'room:1' }))
    )
    for (const [channel] of opened) {
      channel.onMessage(() => {
        received++
      })
    }
    clients.push(...opened)
  }
  return clients
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function measure(server: ServerProcess, plan: LoopPlan): Promise<string> {
  const loop = `${server.url.replace(/^ws/, 'http')}/loop`
  received = 0
  const before = await server.usage()
  const headers = { 'content-type': 'application/json' }
  await fetch(loop, { method: 'POST', headers, body: JSON.stringify(plan) })
  await sleep(Number(values.seconds) * 1000)
  const report = (await (await fetch(loop, { method: 'DELETE' })).json()) as LoopReport
  const after = await server.usage()
  await sleep(settleMs)
  const { seconds, ticks, skipped, sent, lateP50, lateP99, tickP50, tickP99 } = report
  const cpuUs = after.cpuUs - before.cpuUs
  return [
    plan.rate,
    (ticks / seconds).toFixed(1),
    skipped,
    `${lateP50.toFixed(1)}, ${lateP99.toFixed(1)}`,
    `${tickP50.toFixed(1)}, ${tickP99.toFixed(1)}`,
    Math.round(sent / seconds),
    `${((received / sent) * 100).toFixed(1)} %`,
    `${(cpuUs / seconds / 10_000).toFixed(0)} %`,
    (cpuUs / sent).toFixed(1),
    Math.round(after.rssBytes / 2 ** 20)
  ].join(' | ')
}

const server = await ServerProcess.start(programUrl('tick-server'))
const clients = await connect(`${server.url}/bench`, Number(values.peers))
process.stdout.write(`${values.peers} peers, ${values.bytes} bytes, ${values.seconds} s

| rate | ticks a second | skipped | late, ms: p50, p99 | a tick, ms: p50, p99 | messages a second | received | server CPU | CPU a message, µs | memory, MiB |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`)
for (const rate of values.rates.split(',').map(Number)) {
  process.stdout.write(`| ${await measure(server, { rate, bytes: Number(values.bytes) })} |\n`)
}
for (const [, close] of clients) close()
await server.stop()
