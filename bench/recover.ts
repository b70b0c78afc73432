/**
 * `npm run bench:recover`: clients of topics with history that are cut off and come back, on one server with memory and
 * on three nodes of each engine, each of which is restarted in between. Every message of every client is counted by the
 * load tool (`load --recover`). Ends with status 1 where one is missing, doubled or out of order, or cannot be had.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Engine, type EngineName } from './cluster/engine.js'
import { noRates } from './lib/no-rates.js'

const engines = ['none', 'redis', 'nats'] as const
type Choice = (typeof engines)[number]

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    'room-size': { type: 'string', default: '20' },
    rate: { type: 'string', default: '50' },
    duration: { type: 'string', default: '60' },
    'ramp-up': { type: 'string', default: '10' },
    engine: { type: 'string', multiple: true, default: [...engines] }
  }
})

const program = fileURLToPath(new URL('../lib/server/cli.js', import.meta.url))

/** Milliseconds that a node is left alone when it is back. */
const calmMs = 3_000

function envOf(engine: Engine | undefined): Record<string, string> {
  const limits = { ...noRates, socketsPerUser: 0 }
  return {
    HOST: '127.0.0.1',
    HISTORY: '1000',
    DEV_LOGIN: 'on',
    TOKEN_SECRET: 'a secret that all nodes of the benchmark share',
    LIMITS: JSON.stringify(limits),
    ...(engine?.name === 'redis' && { REDIS_URL: engine.url }),
    ...(engine?.name === 'nats' && { NATS_URL: engine.url })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** A reference server in a process of its own, which keeps its port over restarts. */
class Node {
  readonly #env: Record<string, string>
  readonly port: number
  #child: ChildProcess | undefined

  constructor(port: number, env: Record<string, string>) {
    this.port = port
    this.#env = env
  }

  async start(): Promise<void> {
    const env = { ...process.env, ...this.#env, PORT: `${this.port}` }
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (line.startsWith('listening on')) return
    }
    throw new Error('a node ended before it listened')
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
}

/** Restarts one after the other until it is told to end; resolves with how many it was. */
async function roll(nodes: readonly Node[], isOver: () => boolean): Promise<number> {
  let restarts = 0
  // All have come before the first one goes.
  await pause(Number(values['ramp-up']) * 1_000)
  for (let i = 0; nodes.length > 1 && !isOver(); i++) {
    await pause(calmMs)
    if (isOver()) break
    const node = nodes[i % nodes.length] as Node
    await node.stop()
    await node.start()
    restarts++
  }
  return restarts
}

interface Report {
  readonly heard: { readonly expected: number; readonly missing: number; readonly doubled: number }
  readonly recovery: Readonly<Record<'recovered' | 'unrecovered' | 'disordered' | 'forgone', number>>
}

async function run(choice: Choice): Promise<boolean> {
  const engine = choice === 'none' ? undefined : await Engine.start(choice as EngineName)
  const folder = mkdtempSync(join(tmpdir(), 'phx-recover-'))
  const ports = await Promise.all(Array.from({ length: engine === undefined ? 1 : 3 }, freePort))
  const nodes = ports.map((port) => new Node(port, envOf(engine)))
  try {
    await Promise.all(nodes.map((node) => node.start()))
    const file = join(folder, 'report.json')
    const urls = ports.flatMap((port) => ['--url', `ws://127.0.0.1:${port}/socket`])
    const { clients, rate, duration, 'room-size': roomSize } = values
    const sizes = ['--clients', clients, '--room-size', roomSize, '--rate', rate, '--duration', duration]
    const args = [
      program,
      'load',
      '--recover',
      '--dev-login',
      ...urls,
      ...sizes,
      '--stay',
      '10',
      '--json',
      file
    ]
    const load = spawn(process.execPath, [...args, '--ramp-up', values['ramp-up']], { stdio: 'inherit' })
    const ended = once(load, 'exit')
    const restarts = await roll(nodes, () => load.exitCode !== null)
    await ended
    const { heard, recovery } = JSON.parse(readFileSync(file, 'utf8')) as Report
    const isRight = heard.missing + heard.doubled + recovery.disordered + recovery.forgone === 0
    const { recovered, unrecovered } = recovery
    const counts = `${restarts} restarts, ${recovered} recovered, ${unrecovered} told that they cannot`
    process.stdout.write(`${isRight ? 'ok    ' : 'FAILED'} ${choice}: ${counts}\n\n`)
    return isRight
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await engine?.end()
    rmSync(folder, { recursive: true })
  }
}

for (const choice of engines.filter((each) => values.engine.includes(each))) {
  if (!(await run(choice))) process.exitCode = 1
}
