import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

interface Pair {
  readonly client: Socket
  readonly engine: Socket
  /** Whether the engine is about to confirm what the client did not ask for. */
  isHushing: boolean
}

/** Confirmations of Redis that channels are subscribed to no more; the last one of a connection, or the only one, leaves 0. */
const confirmations = />3\r\n\$11\r\nunsubscribe\r\n(?:_|\$\d+\r\n[^\r]*)\r\n:(\d+)\r\n/g

/** The way of one node to its engine, which can be blocked as in a network that has split, and can make it deaf. */
export class Way {
  /** Bytes that have passed, both ways. */
  passed = 0
  readonly #engine: URL
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #old: Pair[] = []
  #isBlocked = false

  private constructor(engine: URL) {
    this.#engine = engine
    this.#server = createServer((client) => this.#open(client))
  }

  /** A way to the engine of that URL. */
  static async start(engineUrl: string): Promise<Way> {
    const way = new Way(new URL(engineUrl))
    way.#server.listen(0, '127.0.0.1')
    await once(way.#server, 'listening')
    return way
  }

  /** Where the node is to reach its engine. */
  get url(): string {
    return `${this.#engine.protocol}//127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Nothing passes any more, and nobody is told. */
  block(): void {
    this.#isBlocked = true
    this.#old = [...this.#pairs]
    for (const pair of this.#pairs) pauseBoth(pair)
  }

  /** What waits on new connections passes; those from before have been given up by the node. */
  unblock(): void {
    this.#isBlocked = false
    for (const pair of this.#old.splice(0)) destroyBoth(pair)
    for (const { client, engine } of this.#pairs) {
      client.resume()
      engine.resume()
    }
  }

  /** The engine forgets what the node is subscribed to, and the node is not told. */
  deafen(): void {
    const isRedis = this.#engine.protocol === 'redis:'
    // NATS numbers the subscriptions of a connection, and confirms nothing.
    const forget = isRedis
      ? 'UNSUBSCRIBE\r\n'
      : Array.from({ length: 1000 }, (_, i) => `UNSUB ${i + 1}\r\n`).join('')
    for (const pair of this.#pairs) {
      pair.isHushing = isRedis
      pair.engine.write(forget)
    }
  }

  end(): void {
    for (const pair of this.#pairs) destroyBoth(pair)
    this.#server.close()
  }

  #open(client: Socket): void {
    const engine = connect(Number(this.#engine.port), '127.0.0.1')
    const pair = { client, engine, isHushing: false }
    this.#pairs.add(pair)
    const close = (): void => {
      destroyBoth(pair)
      this.#pairs.delete(pair)
    }
    for (const socket of [client, engine]) socket.on('error', close).on('close', close)
    client.on('data', (chunk) => this.#pass(chunk as Buffer, engine))
    engine.on('data', (chunk) => this.#pass(hushed(pair, chunk as Buffer), client))
    if (this.#isBlocked) pauseBoth(pair)
  }

  #pass(chunk: Buffer, to: Socket): void {
    this.passed += chunk.length
    if (chunk.length > 0) to.write(chunk)
  }
}

function hushed(pair: Pair, chunk: Buffer): Buffer {
  if (!pair.isHushing) return chunk
  const rest = chunk.toString('latin1').replace(confirmations, (_, left) => {
    if (left === '0') pair.isHushing = false
    return ''
  })
  return Buffer.from(rest, 'latin1')
}

function pauseBoth({ client, engine }: Pair): void {
  client.pause()
  engine.pause()
}

function destroyBoth({ client, engine }: Pair): void {
  client.destroy()
  engine.destroy()
}
