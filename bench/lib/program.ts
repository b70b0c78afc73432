import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import type { WebSocketServer } from 'ws'

export interface Address {
  host: string
  port: number
}

/**
 * Where a program is to listen: `--host` and `--port`, else `HOST` and `PORT`, else 127.0.0.1:4000.
 * Throws an error whose message names what is wrong.
 */
export function readAddress(argv: string[], env: NodeJS.ProcessEnv): Address {
  const { values } = parseArgs({
    args: argv,
    options: { host: { type: 'string' }, port: { type: 'string' } },
    strict: true
  })
  const host = values.host ?? env.HOST ?? '127.0.0.1'
  const text = values.port ?? env.PORT ?? '4000'
  const name = values.port === undefined ? 'PORT' : '--port'
  if (host === '') throw new Error(`${values.host === undefined ? 'HOST' : '--host'} is empty`)
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new Error(`${name} must be a number from 0 to 65535, not "${text}"`)
  }
  return { host, port: Number(text) }
}

/** Says that connections are accepted; the runner and load tools wait for this line. */
export function announce({ host, port }: Address): void {
  process.stdout.write(`listening on http://${host.includes(':') ? `[${host}]` : host}:${port}\n`)
}

/** Runs `stop` on the first SIGTERM or SIGINT, then ends the process with status 0. */
export function onStopSignal(stop: () => Promise<void> | void): void {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (stopping) return
      stopping = true
      await stop()
      process.exit(0)
    })
  }
}

/** Runs a program; what goes wrong at its start is one line on stderr and exit status 1. */
export async function runProgram(start: (address: Address) => Promise<void>): Promise<void> {
  try {
    await start(readAddress(process.argv.slice(2), process.env))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}

/** The life of a floor: listens, says so, and ends at a signal. */
export function runFloor(create: (address: Address) => WebSocketServer): Promise<void> {
  return runProgram(async (address) => {
    const server = create(address)
    await once(server, 'listening')
    announce({ host: address.host, port: (server.address() as AddressInfo).port })
    onStopSignal(() => server.close())
  })
}
