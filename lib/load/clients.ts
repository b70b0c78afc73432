import { oneLine } from '../log/one-line.js'
import type { Clock } from '../time/clock.js'
import { isLoopbackHost } from '../util/loopback.js'
import { loadNodeDataChannel } from '../webrtc/node-datachannel.js'
import type { LoadConfig } from './command-line.js'
import { type HookCaller, webSocketCaller } from './hook-caller.js'
import { openPeer } from './peer.js'
import { peerCaller } from './peer-caller.js'
import { PhoenixConnection } from './phoenix-connection.js'
import { Reasons } from './tally.js'

/** Milliseconds until a client has to be connected, and its DataChannel has to be open. */
const connectLimitMs = 30_000
const openLimitMs = 20_000

/** So many connects may be under way: more would queue in the server, and look like a slow one. */
const connectsAtOnce = 100

/** The clients of a load: connected over a while, and then called one after the other. */
export class LoadClients {
  readonly #config: LoadConfig
  readonly #clock: Clock
  readonly #callers: HookCaller[] = []
  readonly errors = new Reasons()
  /** Ends the wait of each client that is not due yet, and each connect that is under way. */
  readonly #ends = new Set<() => void>()
  #next = 0

  constructor(config: LoadConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  get connected(): number {
    return this.#callers.length
  }

  get lost(): number {
    return this.#callers.filter(({ isOpen }) => !isOpen).length
  }

  /** Connects them all, spread over the ramp-up; those that cannot are counted in `errors`. */
  async connect(signal: AbortSignal): Promise<void> {
    const { clients, rampUpMs, transport } = this.#config
    // One that cannot be loaded is one reason to end, and not one for each client.
    if (transport === 'datachannel') await loadNodeDataChannel()
    const began = this.#clock.now()
    // One listener for all of them: Node warns of more than ten.
    const endAll = (): void => {
      for (const end of this.#ends) end()
    }
    signal.addEventListener('abort', endAll, { once: true })
    let next = 1
    const worker = async (): Promise<void> => {
      while (next <= clients && !signal.aborted) {
        const n = next++
        const due = began + (rampUpMs * (n - 1)) / clients
        await this.#until(due)
        if (!signal.aborted) await this.#connectOne(n)
      }
    }
    await Promise.all(Array.from({ length: Math.min(clients, connectsAtOnce) }, worker))
    signal.removeEventListener('abort', endAll)
  }

  /** Who calls next: those that are connected take turns; undefined when none is. */
  take(): HookCaller | undefined {
    for (let tries = this.#callers.length; tries > 0; tries--) {
      const caller = this.#callers[this.#next++ % this.#callers.length]
      if (caller?.isOpen) return caller
    }
    return undefined
  }

  ping(): void {
    for (const caller of this.#callers) caller.ping()
  }

  async close(): Promise<void> {
    await Promise.all(this.#callers.map((caller) => caller.close()))
  }

  async #connectOne(n: number): Promise<void> {
    const attempt = new AbortController()
    const end = (): void => attempt.abort('interrupted')
    this.#ends.add(end)
    const late = this.#clock.setTimeout(() => attempt.abort('connect_timeout'), connectLimitMs)
    try {
      this.#callers.push(await this.#open(n, attempt.signal))
    } catch (error) {
      this.errors.add(attempt.signal.aborted ? String(attempt.signal.reason) : oneLine(error))
    } finally {
      this.#clock.clearTimeout(late)
      this.#ends.delete(end)
    }
  }

  async #open(n: number, signal: AbortSignal): Promise<HookCaller> {
    const { urls, transport, call, devLogin, user, params } = this.#config
    const url = urls[(n - 1) % urls.length] as string
    const numbered = (text: string): string => text.replaceAll('{n}', String(n))
    const userId = numbered(user)
    const own = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, numbered(value)]))
    const token = devLogin ? { token: await fetchDevToken(url, userId, signal) } : {}
    const connection = await PhoenixConnection.open(url, { ...own, ...token }, signal)
    const topic = `user:${userId}`
    try {
      await connection.join(topic)
      if (transport === 'websocket') return webSocketCaller(connection, topic, call)
      const bindAddress = loopbackAddress(new URL(url).hostname)
      const library = await loadNodeDataChannel()
      const peer = await openPeer(connection, topic, { library, bindAddress, openLimitMs })
      return peerCaller(connection, peer, call)
    } catch (error) {
      void connection.close()
      throw error
    }
  }

  /** Resolves at that time, or when the load is ended. */
  async #until(at: number): Promise<void> {
    const ms = at - this.#clock.now()
    if (ms <= 0) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.#clock.clearTimeout(timer)
        this.#ends.delete(end)
        resolve()
      }
      const timer = this.#clock.setTimeout(end, ms)
      this.#ends.add(end)
    })
  }
}

/** Where a peer has to bind to reach a server of this machine; undefined for one elsewhere. */
function loopbackAddress(host: string): string | undefined {
  if (!isLoopbackHost(host)) return undefined
  return host === '[::1]' ? '::1' : '127.0.0.1'
}

async function fetchDevToken(url: string, userId: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(new URL('/dev/token', url.replace(/^ws/, 'http')), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId }),
    signal
  }).catch((error: Error) => {
    // "fetch failed" alone says nothing.
    throw new Error(`POST /dev/token: ${oneLine(error.cause ?? error)}`)
  })
  if (!response.ok) throw new Error(`POST /dev/token: ${response.status}`)
  return ((await response.json()) as { token: string }).token
}
