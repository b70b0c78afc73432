import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Host } from '../lib/host.js'
import { programUrl } from '../lib/question.js'
import type { Comparison } from './transports.js'

export interface Plan {
  /** Clients of each transport. */
  clients: number
  /** A call of each client every so many milliseconds. */
  intervalMs: number
  ms: number
}

const serverAddress = '10.77.9.1'
const clientAddress = '10.77.9.2'

/** Runs a program of the benchmark on a host; its lines of output come one by one. */
function run(host: Host, program: string, args: string[], env: Record<string, string> = {}) {
  const command = [process.execPath, ...process.execArgv, fileURLToPath(programUrl(program)), ...args]
  const child = spawn('nsenter', host.wrap(command), {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async line(): Promise<string> {
      const { value, done } = await lines.next()
      if (done) throw new Error(`${program} ended before its time`)
      return value
    }
  }
}

/** Packets that come in are lost at random, of every kind. */
function lose(host: Host, percent: number): void {
  host.filter(`
    table inet loss {
      chain input {
        type filter hook input priority filter
        iifname eth numgen random mod 1000 < ${Math.round(percent * 10)} drop
      }
    }`)
}

/** Measures all transports at once on a link that loses that share of the packets of each direction. */
export async function measureLoss(percent: number, { clients, intervalMs, ms }: Plan): Promise<Comparison> {
  const hosts: Host[] = []
  try {
    for (let i = 0; i < 2; i++) hosts.push(await Host.start())
    const [server, client] = hosts as [Host, Host]
    server.connect('eth', [`${serverAddress}/24`], client, 'eth', [`${clientAddress}/24`])
    const target = run(server, 'serve', [], { HOST: serverAddress, PORT: '4000' })
    try {
      await target.line()
      const load = run(client, 'loss/client', [
        `ws://${serverAddress}:4000/bench`,
        clientAddress,
        ...[clients, intervalMs, ms].map(String)
      ])
      try {
        await load.line()
        if (percent > 0) for (const host of hosts) lose(host, percent)
        load.child.stdin.write('\n')
        return JSON.parse(await load.line()) as Comparison
      } finally {
        load.child.kill('SIGKILL')
      }
    } finally {
      target.child.kill('SIGKILL')
    }
  } finally {
    await Promise.all(hosts.map((host) => host.stop()))
  }
}
