/**
 * `npm run bench:tick`: how well a tick loop holds its rate while it sends state to a room over
 * DataChannels, unordered and never sent again. The clients are in this process, the server in its own.
 */
import { parseArgs } from 'node:util'
import { programUrl } from './lib/question.js'
import { ServerProcess } from './lib/server-process.js'
import { StateClients } from './lib/state-load.js'
import type { TickReport } from './tick-server.js'

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '200' },
    bytes: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    rates: { type: 'string', default: '30,60,120' }
  }
})

async function measure(server: ServerProcess, clients: StateClients, rate: number): Promise<string> {
  clients.forget()
  const before = await server.usage()
  const ms = Number(values.seconds) * 1000
  const report = await clients.listen<TickReport>(ms, { rate, bytes: Number(values.bytes) })
  const after = await server.usage()
  await clients.settle()
  const { seconds, ticks, skipped, sent, lateP50, lateP99, tickP50, tickP99 } = report
  const cpuUs = after.cpuUs - before.cpuUs
  return [
    rate,
    (ticks / seconds).toFixed(1),
    skipped,
    `${lateP50.toFixed(1)}, ${lateP99.toFixed(1)}`,
    `${tickP50.toFixed(1)}, ${tickP99.toFixed(1)}`,
    Math.round(sent / seconds),
    `${((clients.heard.count / sent) * 100).toFixed(1)} %`,
    `${(cpuUs / seconds / 10_000).toFixed(0)} %`,
    (cpuUs / sent).toFixed(1),
    Math.round(after.rssBytes / 2 ** 20)
  ].join(' | ')
}

const server = await ServerProcess.start(programUrl('tick-server'))
const size = { rooms: 1, members: Number(values.peers) }
const clients = await StateClients.connect(`${server.url}/bench`, size)
process.stdout.write(`${values.peers} peers, ${values.bytes} bytes, ${values.seconds} s

| rate | ticks a second | skipped | late, ms: p50, p99 | a tick, ms: p50, p99 | messages a second | received | server CPU | CPU a message, µs | memory, MiB |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`)
for (const rate of values.rates.split(',').map(Number)) {
  process.stdout.write(`| ${await measure(server, clients, rate)} |\n`)
}
await clients.close()
await server.stop()
