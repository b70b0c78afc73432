import type { RedisClientOptions } from '@redis/client'
import { systemClock } from '../../time/clock.js'
import { Silence } from '../../time/silence.js'
import { type Client, destroy, newClient } from './client.js'

/** Milliseconds between two looks whether anything has come. */
const lookMs = 500

/** A connection on which nothing has come for so long, though it was asked, is dead. */
const silentMs = 3_000

/** One connection to a server, for as long as it lasts: the client library is not to make it a second time. */
export class Connection {
  readonly client: Client
  /** Resolves when it is over, with what ended it. */
  readonly ended: Promise<Error>
  /** Counts what comes; anything is a sign of life. */
  heard = 0

  #settle: (problem: Error) => void = () => {}
  #isOver = false
  #looking: NodeJS.Timeout | undefined
  #isAsked = false

  private constructor(options: RedisClientOptions) {
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.client = newClient(forOneLife(options))
    this.client.on('error', (problem: Error) => this.end(problem))
    // What was given up while it connected connects all the same, and would stay.
    this.client.on('connect', () => {
      if (this.#isOver) destroy(this.client)
    })
  }

  /** Connects and signs in. Rejects with what went wrong, or with the reason of the signal. */
  static async open(options: RedisClientOptions, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted()
    const connection = new Connection(options)
    const giveUp = (): void => connection.end(signal.reason as Error)
    signal.addEventListener('abort', giveUp)
    try {
      await connection.#connect()
    } catch (err) {
      connection.end(err as Error)
      throw err
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
    return connection
  }

  end(problem: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#looking)
    destroy(this.client)
    this.#settle(problem)
  }

  async #connect(): Promise<void> {
    const over = this.ended.then((problem): never => {
      throw problem
    })
    // An attempt that was given up is not to keep the process alive.
    this.client.unref()
    await Promise.race([this.client.connect(), over])
    this.client.ref()
    this.#listen()
  }

  /** Finds out that the server, or the way to it, stands still: nobody closes such a connection. */
  #listen(): void {
    const silence = new Silence(systemClock, lookMs)
    let known = -1
    this.#looking = setInterval(() => {
      if (this.heard !== known) silence.heard()
      known = this.heard
      if (silence.look() >= silentMs) this.end(new Error(`no answer for ${silentMs} ms`))
      else this.#ask()
    }, lookMs)
    this.#looking.unref()
  }

  #ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    const answered = (): void => {
      this.#isAsked = false
      this.heard++
    }
    // To be refused is to be answered.
    this.client.sendCommand(['PING']).then(answered, answered)
  }
}

/** The options of a client that neither connects again nor keeps commands for later: all that is done above it. */
function forOneLife(options: RedisClientOptions): RedisClientOptions {
  return {
    RESP: 3,
    ...options,
    socket: { ...options.socket, reconnectStrategy: false } as NonNullable<RedisClientOptions['socket']>,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    pingInterval: 0,
    // A timer for each command would cost more than the command.
    commandOptions: { timeout: 0 }
  }
}
