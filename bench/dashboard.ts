/**
 * `npm run bench:dashboard`: what a dashboard costs a server with many sockets and peers, while it only records and
 * while it is looked at, and the longest stall of its event loop meanwhile.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Channel, type Push, Socket } from 'phoenix'
import { WebSocket } from 'ws'
import { spread } from './lib/statistics.js'

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '19000' },
    /** Pushes a second, of all sockets together, each to a room of ten. */
    rate: { type: 'string', default: '0' },
    peers: { type: 'string', default: '0' },
    /** Hook calls a second over the DataChannels, of all peers together; the load tool makes them. */
    calls: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '20' },
    /** Each view is open for so many times, with a time in which nobody looks before each. */
    rounds: { type: 'string', default: '1' },
    /** Only this view, as its topic is called. */
    view: { type: 'string' },
    without: { type: 'boolean', default: false }
  }
})
const processes: ChildProcess[] = []
const clientProcesses = 2

function run(file: string, ...args: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args)
  processes.push(child)
  return child
}

async function start(file: string, ...args: string[]): Promise<{ child: ChildProcess; said: unknown }> {
  const child = run(file, ...args)
  const [said] = await once(child, 'message')
  return { child, said }
}

const { child: server, said } = await start('dashboard-server.js', values.without ? 'without' : 'with')
const { base } = said as { base: string }
const socketUrl = (path: string): string => `${base.replace('http', 'ws')}${path}`
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
const rest = (): Promise<void> => pause(Number(values.seconds) * 1000)
if (Number(values.peers) > 0) await callOverPeers()

/** Until they are all there, as far as the number of sockets says. */
async function callOverPeers(): Promise<void> {
  const options = { url: socketUrl('/bench'), clients: values.peers, rate: values.calls, duration: 100_000 }
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const params = JSON.stringify({ user_id: 'load{n}' })
  run('../lib/server/cli.js', 'load', ...flags, '--transport=datachannel', `--params=${params}`)
  while ((await taken()).sockets < 2 * share + Number(values.peers)) await pause(1000)
}

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
const percent = (core: number): string => `${(core * 100).toFixed(2).padStart(6)} % of a core`

async function measure(name: string, work: () => Promise<unknown>): Promise<Taken> {
  await taken()
  const result = await work()
  const was = await taken()
  const note = result === undefined ? '' : `  ${result}`
  const stall = `longest stall ${was.stallMs.toFixed(1)} ms`
  print(`${name.padEnd(44)} ${percent(was.core)}, ${stall}, ${was.sockets} sockets${note}`)
  return was
}

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
  const socket = new Socket(socketUrl('/dashboard/socket'), { transport: Bearer as never })
  socket.connect()
  const views: [topic: string, params?: object][] = [
    ['overview'],
    ['sockets'],
    ['sockets', { query: 'user-777' }],
    ['sockets', { sort: 'queuedBytes' }],
    ['sockets', { sort: 'inPerSecond', page: 20 }],
    ['topics'],
    ['topics', { query: 'room:77' }],
    ['peers'],
    ['hooks'],
    ['refusals'],
    ['cluster']
  ]
  for (const [topic, params = {}] of views) {
    if (values.view !== undefined && values.view !== topic) continue
    const name = `${topic} ${JSON.stringify(params)}`
    const costs: number[] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      const closed = await measure('  nobody looks', rest)
      const channel = await open(socket, name, params)
      const looked = await measure('  it is open', rest)
      await answer(channel.leave())
      costs.push(looked.core - closed.core)
    }
    const { median, min, max } = spread(costs)
    print(`${name.padEnd(44)} ${percent(median)} more while it is open, ${percent(min)} to ${percent(max)}`)
  }
  socket.disconnect()
}

async function open(socket: Socket, name: string, params: object): Promise<Channel> {
  const [topic = ''] = name.split(' ')
  const channel = socket.channel(topic, params)
  await measure(`opening ${name}`, async () => {
    const begun = performance.now()
    const { total } = await answer(channel.join())
    return `${(performance.now() - begun).toFixed(0)} ms${total === undefined ? '' : `, ${total} found`}`
  })
  return channel
}

function answer(push: Push): Promise<{ total?: number }> {
  return new Promise((resolve) => void push.receive('ok', resolve))
}
