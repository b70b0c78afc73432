import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { InvalidOption } from '../../errors.js'
import { type Logger, silentLogger } from '../../util/logger.js'
import { ClaimTable } from '../claim-table.js'
import { answerQuestion } from './claim-frames.js'
import { encodeFrame, FrameKind, type FrameParts } from './frames.js'
import { HubConnection, type HubSide } from './hub-connection.js'
import { maxAddressBytes, privateAddress } from './private-address.js'

/** How a hub is started. */
export interface HubOptions {
  /** Where workers find it. Default: a Unix socket in a private folder that is removed at the end. */
  address?: string
  /** Bytes that may wait for a worker that does not read, before its connection ends. Default: 32 MiB. */
  maxWaitingBytes?: number
  log?: Logger
}

/** The environment variable in which workers find the address of their hub. */
export const hubVariable = 'FASTIFY_PHOENIX_HUB'

/** The hub of the workers, as whoever started it has it. */
export interface WorkersHub {
  /** Where workers find it. */
  readonly address: string
  /** What workers are forked with, so that they find this hub. */
  readonly env: Record<string, string>
  /** Ends all connections, and removes the socket with its folder. */
  close(): Promise<void>
}

/** Passes on between the workers of one machine what they publish, without looking into it. */
export class Hub implements HubSide, WorkersHub {
  readonly maxWaitingBytes: number
  readonly address: string
  readonly #server: Server
  readonly #folder: string | undefined
  readonly #log: Logger
  readonly #connections = new Set<HubConnection>()
  readonly #subscribers = new Map<string, Set<HubConnection>>()
  readonly #written = new Set<HubConnection>()
  /** Of all workers; they end with this process, as the workers do. */
  readonly #claims = new ClaimTable()

  constructor({ address, maxWaitingBytes = 32 * 1024 * 1024, log }: HubOptions = {}) {
    const found = address === undefined ? privateAddress() : { address, folder: undefined }
    if (process.platform !== 'win32' && Buffer.byteLength(found.address) > maxAddressBytes)
      throw new InvalidOption('address', `must have at most ${maxAddressBytes} bytes`)
    this.address = found.address
    this.#folder = found.folder
    this.maxWaitingBytes = maxWaitingBytes
    this.#log = log ?? silentLogger
    this.#server = createServer((socket) => this.#connections.add(new HubConnection(socket, this)))
  }

  /** What workers are forked with, so that they find this hub. */
  get env(): Record<string, string> {
    return { [hubVariable]: this.address }
  }

  /** Resolves when workers can connect; rejects with the error of the operating system. */
  async start(): Promise<void> {
    this.#server.listen(this.address)
    await once(this.#server, 'listening')
  }

  /** Ends all connections, and removes the socket with its folder. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#connections) connection.end('the hub closes')
    await closed
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }

  subscribe(connection: HubConnection, channel: string): void {
    connection.channels.add(channel)
    const there = this.#subscribers.get(channel)
    if (there === undefined) this.#subscribers.set(channel, new Set([connection]))
    else there.add(connection)
  }

  unsubscribe(connection: HubConnection, channel: string): void {
    connection.channels.delete(channel)
    const there = this.#subscribers.get(channel)
    if (there?.delete(connection) && there.size === 0) this.#subscribers.delete(channel)
  }

  relay(channel: string, frame: Buffer): void {
    for (const connection of this.#subscribers.get(channel) ?? []) {
      connection.send(frame)
      this.#written.add(connection)
    }
  }

  flush(): void {
    for (const connection of this.#written) connection.flush()
    this.#written.clear()
  }

  answer(parts: FrameParts): Buffer {
    return answerQuestion(parts, this.#claims)
  }

  ended(connection: HubConnection, problem: string | undefined): void {
    this.#connections.delete(connection)
    for (const channel of connection.channels) this.unsubscribe(connection, channel)
    const { node } = connection
    if (!this.#server.listening || node === '') return
    if (problem === undefined) return this.#gone(node)
    // Its process is still there, and may come again: whether it does, the others hear from itself.
    this.#log.warn({ node, problem }, 'the hub has ended the connection of a worker')
  }

  #gone(node: string): void {
    for (const other of this.#connections) if (other.node === node) return
    const frame = encodeFrame(FrameKind.gone, [node])
    for (const other of this.#connections) {
      if (other.node === '') continue
      other.send(frame)
      other.flush()
    }
  }
}

/**
 * Starts the hub of the workers, in the primary: what `workers()` connects to. Fork the workers with `hub.env` in
 * their environment. `supervise` has one of its own.
 *
 * @throws PHX_ERR_OPTION_INVALID for an address that is too long.
 */
export async function startHub(options?: HubOptions): Promise<WorkersHub> {
  const hub = new Hub(options)
  await hub.start()
  return hub
}
