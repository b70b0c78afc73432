import { isLoopbackHost } from '../../util/loopback.js'
import { loadNodeDataChannel } from '../../webrtc/node-datachannel.js'
import { LoadClients } from '../clients/clients.js'
import { type HookCall, type HookCaller, webSocketCaller } from '../clients/hook-caller.js'
import { openPeer } from '../clients/peer.js'
import { peerCaller } from '../clients/peer-caller.js'
import { LoadOptionInvalid } from '../options/errors.js'
import type { Flags } from '../options/flags.js'
import { rateRange } from '../options/ranges.js'
import { atRate, type Scenario, type ScenarioContext, type ScenarioKind } from './scenario.js'

const transports = ['websocket', 'datachannel'] as const
type LoadTransport = (typeof transports)[number]

/** Milliseconds until a DataChannel has to be open. */
const openLimitMs = 20_000

/** A peer has a UDP socket of its own, and some files. */
const filesOf: Readonly<Record<LoadTransport, number>> = { websocket: 1, datachannel: 4 }

interface HookOptions {
  readonly transport: LoadTransport
  readonly call: HookCall
  readonly rate: number
}

/** Clients that join their user channel and call a hook of it. */
export const hook: ScenarioKind = {
  operations: 'calls',
  options: ['rate', 'ramp-up', 'transport', 'hook', 'args'],
  duration: 10,
  latencies: ['connect', 'join', 'datachannel'],
  isHeard: false,
  comeAgain: false,
  plan(flags) {
    const transport = flags.oneOf('transport', 'websocket', transports)
    const call = readCall(flags)
    const rate = flags.number('rate', 100, rateRange)
    const name = `${call.hookPlugin}.${call.fn}`
    return {
      title: `${name} over ${transport}`,
      settings: { transport, hook: name, args: call.args },
      rate,
      filesEach: filesOf[transport],
      open: (context) => new HookScenario({ transport, call, rate }, context)
    }
  }
}

class HookScenario implements Scenario {
  readonly #options: HookOptions
  readonly #context: ScenarioContext
  readonly crowd: LoadClients<HookCaller>

  constructor(options: HookOptions, context: ScenarioContext) {
    this.#options = options
    this.#context = context
    this.crowd = new LoadClients(context.size, context.clock, (n, signal) => this.#connect(n, signal))
  }

  async prepare(): Promise<void> {
    // One that cannot be loaded is one reason to end, and not one for each client.
    if (this.#options.transport === 'datachannel') loadNodeDataChannel()
    await this.crowd.connect(this.#context.signal)
  }

  run(): Promise<void> {
    return atRate(this.#context, this.#options.rate, (meantAt) => this.#call(meantAt))
  }

  #call(meantAt: number): void {
    const { tally } = this.#context
    tally.sent++
    const caller = this.crowd.take()
    if (caller === undefined) return tally.failed('not_connected')
    caller.call((failure) => {
      if (failure === undefined) tally.succeeded(meantAt)
      else tally.failed(failure)
    })
  }

  #connect(n: number, signal: AbortSignal): Promise<HookCaller> {
    const { connector, tally, clock } = this.#context
    const { transport, call } = this.#options
    return connector.open(n, signal, async (connection) => {
      const topic = `user:${connector.user(n)}`
      await connector.join(connection, topic)
      if (transport === 'websocket') return webSocketCaller(connection, topic, call)
      const began = clock.now()
      const bindAddress = loopbackAddress(new URL(connector.url(n)).hostname)
      const library = loadNodeDataChannel()
      const peer = await openPeer(connection, topic, { library, bindAddress, openLimitMs })
      tally.measure('datachannel', clock.now() - began)
      return peerCaller(connection, peer, call)
    })
  }
}

/** Where a peer has to bind to reach a server of this machine; undefined for one elsewhere. */
function loopbackAddress(host: string): string | undefined {
  if (!isLoopbackHost(host)) return undefined
  return host === '[::1]' ? '::1' : '127.0.0.1'
}

function readCall(flags: Flags): HookCall {
  const name = flags.text('hook', 'demo.echo')
  const dot = name.indexOf('.')
  if (dot < 1 || dot === name.length - 1) {
    throw new LoadOptionInvalid('--hook', 'must be a plugin and a function, as in demo.echo')
  }
  const args = flags.json('args', '["hello"]')
  if (!Array.isArray(args)) throw new LoadOptionInvalid('--args', 'must be a JSON list')
  return { hookPlugin: name.slice(0, dot), fn: name.slice(dot + 1), args }
}
