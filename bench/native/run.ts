/**
 * `npm run bench:native`: what node-datachannel itself takes for peers that do nothing, on Linux. Nothing of ours has a
 * part in it: it is for the maintainers of the library, see ../node-datachannel.md.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type DataChannel, PeerConnection } from 'node-datachannel'
import { quantile } from '../lib/statistics.js'
import type { Order, Usage } from './echo.js'

/** A UDP port that is likely to be free. */
const sharedPort = 47_311
const rounds = 7
const text = 'sixteen bytes ok'

class EchoServer {
  readonly #child: ChildProcess
  readonly #kept: (PeerConnection | DataChannel)[] = []

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(handles: number, port: number): Promise<EchoServer> {
    const child = fork(new URL('echo.js', import.meta.url), [String(handles), String(port)])
    await once(child, 'message')
    return new EchoServer(child)
  }

  /** Opens a DataChannel; what it gets goes to `onMessage`. */
  async open(onMessage: () => void): Promise<DataChannel> {
    const peer = new PeerConnection('client', { iceServers: [], bindAddress: '127.0.0.1' })
    peer.onStateChange(() => {})
    const channel = peer.createDataChannel('events')
    this.#kept.push(peer, channel)
    const opened = new Promise<void>((resolve) => channel.onOpen(resolve))
    channel.onClosed(() => {})
    channel.onMessage(onMessage)
    // Without candidates: a server that is quicker than the answer finds a client that cannot verify it yet.
    const offer = (peer.localDescription()?.sdp ?? '').replace(/^a=candidate:.*\r\n/gm, '')
    const answer = await this.#ask<string>({ offer })
    peer.setRemoteDescription(answer, 'answer')
    await opened
    return channel
  }

  usage(): Promise<Usage> {
    return this.#ask<Usage>({ usage: true })
  }

  stop(): void {
    this.#child.disconnect()
    for (const kept of this.#kept) kept.close()
  }

  async #ask<Answer>(order: Order): Promise<Answer> {
    this.#child.send(order)
    return (await once(this.#child, 'message'))[0] as Answer
  }
}

/** Microseconds of the server for one message, with one in flight: each wakes it up. */
async function measureMessage(server: EchoServer, ms: number): Promise<() => Promise<number>> {
  let end = 0
  let done: () => void = () => {}
  const channel = await server.open(() => {
    if (performance.now() < end) channel.sendMessage(text)
    else done()
  })
  return async () => {
    const before = await server.usage()
    end = performance.now() + ms
    await new Promise<void>((resolve) => {
      done = resolve
      channel.sendMessage(text)
    })
    const after = await server.usage()
    return (after.cpuUs - before.cpuUs) / (after.messages - before.messages)
  }
}

async function byHandles(counts: readonly number[], ms: number): Promise<void> {
  const servers = await Promise.all(counts.map((count) => EchoServer.start(count, 0)))
  const measures: (() => Promise<number>)[] = []
  for (const server of servers) measures.push(await measureMessage(server, ms))
  const found: number[][] = counts.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [n, measure] of measures.entries()) found[n]?.push(await measure())
  }
  for (const server of servers) server.stop()
  process.stdout.write('\n| handles | CPU a message, µs |\n| ---: | ---: |\n')
  for (const [n, count] of counts.entries()) {
    const all = found[n] as number[]
    const range = `${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)}`
    process.stdout.write(`| ${count} | **${quantile(all, 0.5).toFixed(1)}** (${range}) |\n`)
  }
}

async function atRest(peers: number, ms: number): Promise<void> {
  process.stdout.write(
    '\n| connected peers | ports | CPU at rest, % of a core | by thread |\n| ---: | --- | ---: | --- |\n'
  )
  for (const [ports, port] of [
    ['one each', 0],
    ['one for all', sharedPort]
  ] as const) {
    const server = await EchoServer.start(0, port)
    for (let n = 0; n < peers; n++) await server.open(() => {})
    await setTimeout(ms / 4)
    const before = await server.usage()
    await setTimeout(ms)
    const after = await server.usage()
    const percent = (us: number): string => (us / ms / 10).toFixed(1)
    const threads = Object.entries(after.threads)
      .map(([name, us]) => ({ name, us: us - (before.threads[name] ?? 0) }))
      .filter(({ us }) => us / ms > 0.5)
      .sort((a, b) => b.us - a.us)
      .map(({ name, us }) => `${name} ${percent(us)}`)
    const all = percent(after.cpuUs - before.cpuUs)
    process.stdout.write(`| ${peers} | ${ports} | **${all}** | ${threads.join(', ')} |\n`)
    server.stop()
  }
}

const { values } = parseArgs({
  options: {
    handles: { type: 'string', default: '0,2000,4000,6000' },
    peers: { type: 'string', default: '1000' },
    ms: { type: 'string', default: '1000' },
    rest: { type: 'string', default: '10000' }
  }
})
await byHandles(values.handles.split(',').map(Number), Number(values.ms))
await atRest(Number(values.peers), Number(values.rest))
process.exit(0)
