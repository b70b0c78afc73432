/**
 * The load of the loss benchmark, on a host of its own: `client.js URL ADDRESS CLIENTS INTERVAL_MS MS`.
 * Connects over every transport, prints `connected`, waits for a line on stdin, by which time the link
 * has begun to lose packets, loads all transports at the same time and prints the latencies as JSON.
 */
import { once } from 'node:events'
import { steadyLoad } from '../lib/steady-load.js'
import { type Comparison, percentiles, type Transport, transportNames, transports } from './transports.js'

const [url = '', address = '', ...figures] = process.argv.slice(2)
const [clients = 1, intervalMs = 10, ms = 1000] = figures.map(Number)

async function connect(transport: Transport, index: number) {
  const users = Array.from({ length: clients }, (_, number) => `loss${index}-${number}`)
  return Promise.all(users.map((userId) => transports[transport](url, userId, address)))
}

const connected = await Promise.all(transportNames.map(connect))
process.stdout.write('connected\n')
await once(process.stdin, 'data')
const histograms = await Promise.all(connected.map((group) => steadyLoad(group, intervalMs, ms)))
const comparison = Object.fromEntries(
  histograms.map((latency, index) => [
    transportNames[index],
    { calls: latency.count, ms: percentiles.map((percentile) => latency.percentile(percentile) / 1e6) }
  ])
) as Comparison
process.stdout.write(`${JSON.stringify(comparison)}\n`, () => process.exit(0))
