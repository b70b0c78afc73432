import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A way to servers on which connections end in the middle, at either side, with whatever is under way. */
export class CuttingProxy {
  readonly #server: Server
  readonly #connections = new Set<readonly [client: Socket, upstream: Socket]>()
  readonly #target: () => number | undefined
  /** How many connections were cut. */
  cuts = 0

  private constructor(target: () => number | undefined) {
    this.#target = target
    this.#server = createServer((client) => this.#take(client))
  }

  /** @param target the port that the next connection goes to; undefined where none is to be had */
  static async start(target: () => number | undefined): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts one connection of those that there are. */
  cut(random: () => number): void {
    const pairs = [...this.#connections]
    const pair = pairs[Math.floor(random() * pairs.length)]
    if (pair === undefined) return
    this.cuts++
    // What the one side has written may still arrive at the other, or not.
    if (random() < 0.5) for (const socket of pair) socket.resetAndDestroy()
    else pair[random() < 0.5 ? 0 : 1].destroy()
  }

  async close(): Promise<void> {
    for (const pair of this.#connections) for (const socket of pair) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #take(client: Socket): void {
    const port = this.#target()
    client.on('error', () => {})
    if (port === undefined) {
      client.destroy()
      return
    }
    const upstream = connect(port, '127.0.0.1')
    const pair = [client, upstream] as const
    this.#connections.add(pair)
    upstream.on('error', () => {})
    client.pipe(upstream)
    upstream.pipe(client)
    const end = (): void => {
      this.#connections.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    client.on('close', end)
    upstream.on('close', end)
  }
}
