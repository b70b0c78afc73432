/**
 * `npm run bench:dashboard`: what a dashboard costs a server with many sockets, while it only records and while it is
 * looked at, and the longest stall of its event loop meanwhile.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Push, Socket } from 'phoenix'
import { WebSocket } from 'ws'

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '19000' },
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '20' },
    without: { type: 'boolean', default: false }
  }
})
const processes: ChildProcess[] = []
const clientProcesses = 2

async function start(file: string, ...args: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args)
  processes.push(child)
  const [said] = await once(child, 'message')
  return { child, said }
}

const { child: server, said } = await start('dashboard-server.js', values.without ? 'without' : 'with')
const { base } = said as { base: string }
const share = Math.floor(Number(values.sockets) / clientProcesses)
await Promise.all(
  Array.from({ length: clientProcesses }, (_, index) =>
    start(
      'dashboard-clients.js',
      base,
      `${index * share}`,
      `${share}`,
      `${Number(values.rate) / clientProcesses}`
    )
  )
)

interface Taken {
  readonly core: number
  readonly stallMs: number
  readonly sockets: number
}

async function taken(): Promise<Taken> {
  server.send('take')
  const [taken] = await once(server, 'message')
  return taken as Taken
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  await taken()
  const result = await work()
  const { core, stallMs, sockets } = await taken()
  const note = result === undefined ? '' : `  ${result}`
  print(
    `${name.padEnd(28)} ${(core * 100).toFixed(2).padStart(6)} % of a core, longest stall ${stallMs.toFixed(1)} ms, ${sockets} sockets${note}`
  )
}

const rest = (): Promise<void> => pause(Number(values.seconds) * 1000)
/** Over the joins, and what they left behind. */
await pause(5000)
await measure(values.without ? 'without a dashboard' : 'nobody looks', rest)
if (!values.without) await look()
for (const child of processes) child.kill()

async function look(): Promise<void> {
  class Bearer extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers: { authorization: 'Bearer bench' } })
    }
  }
  const socket = new Socket(`${base.replace('http', 'ws')}/dashboard/socket`, { transport: Bearer as never })
  socket.connect()
  const ask = (push: Push): Promise<{ total?: number }> =>
    new Promise((resolve) => void push.receive('ok', resolve))
  const views: [topic: string, params?: object][] = [
    ['overview'],
    ['sockets'],
    ['sockets', { query: 'user-777' }],
    ['sockets', { sort: 'queuedBytes' }],
    ['sockets', { sort: 'inPerSecond', page: 20 }],
    ['topics'],
    ['topics', { query: 'room:77' }],
    ['hooks'],
    ['refusals'],
    ['cluster']
  ]
  for (const [topic, params = {}] of views) {
    const channel = socket.channel(topic, params)
    await measure(`opening ${topic} ${JSON.stringify(params)}`, async () => {
      const begun = performance.now()
      const { total } = await ask(channel.join())
      return `${(performance.now() - begun).toFixed(0)} ms${total === undefined ? '' : `, ${total} found`}`
    })
    await measure(`  ${topic} is open`, rest)
    await ask(channel.leave())
  }
  socket.disconnect()
}
