import type { Clock } from '../../time/clock.js'
import type { Tally } from '../measure/tally.js'
import { fetchDevToken } from './dev-token.js'
import { PhoenixConnection } from './phoenix-connection.js'

/** Where clients connect to, from which addresses, and as whom. */
export interface ConnectConfig {
  /** The mount, for example `ws://127.0.0.1:4000/socket`; that of each node, among which clients are spread. */
  readonly urls: readonly string[]
  /** Addresses that clients connect from in turns; empty for the one that the system chooses. */
  readonly sources: readonly string[]
  /** Connect parameters; `{n}` in a value is the number of the client. */
  readonly params: Readonly<Record<string, string>>
  /** Who a client is; `{n}` is its number. */
  readonly user: string
  /** Whether each client gets its token from `POST /dev/token` of the reference server. */
  readonly devLogin: boolean
}

/** The text with `{n}` replaced. */
export const numbered = (text: string, n: number): string => text.replaceAll('{n}', String(n))

/** Connects clients by their numbers, and takes down how long that takes. */
export class Connector {
  readonly #config: ConnectConfig
  readonly #clock: Clock
  readonly #tally: Tally
  /** A client that comes again does not ask for another token. */
  readonly #tokens = new Map<number, string>()

  constructor(config: ConnectConfig, clock: Clock, tally: Tally) {
    this.#config = config
    this.#clock = clock
    this.#tally = tally
  }

  /** The mount that a client connects to; the next one at each turn. */
  url(n: number, turn = 0): string {
    const { urls } = this.#config
    return urls[(n - 1 + turn) % urls.length] as string
  }

  user(n: number): string {
    return numbered(this.#config.user, n)
  }

  /**
   * Connects a client and does what makes it one; where that fails the connection is closed.
   *
   * @param turn how often it was connected before, where it goes to another node each time
   */
  async open<T>(
    n: number,
    signal: AbortSignal,
    complete: (connection: PhoenixConnection) => Promise<T>,
    turn = 0
  ): Promise<T> {
    const connection = await this.#connect(n, signal, turn)
    try {
      return await complete(connection)
    } catch (error) {
      void connection.close()
      throw error
    }
  }

  /** Joins a topic, as {@link PhoenixConnection.join} does. */
  async join(
    connection: PhoenixConnection,
    ...[topic, params, onJoined]: Parameters<PhoenixConnection['join']>
  ): Promise<void> {
    const began = this.#clock.now()
    await connection.join(topic, params, onJoined)
    this.#tally.measure('join', this.#clock.now() - began)
  }

  /** Gets the token ahead, where there is one to get: it is nothing of what a connect takes. */
  async token(n: number, signal: AbortSignal): Promise<string | undefined> {
    if (!this.#config.devLogin) return undefined
    const known = this.#tokens.get(n)
    if (known !== undefined) return known
    const token = await fetchDevToken(this.url(n), this.user(n), signal)
    this.#tokens.set(n, token)
    return token
  }

  async #connect(n: number, signal: AbortSignal, turn: number): Promise<PhoenixConnection> {
    const { params, sources } = this.#config
    const own = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, numbered(value, n)]))
    const token = await this.token(n, signal)
    const localAddress = sources[(n - 1) % sources.length]
    const began = this.#clock.now()
    const connection = await PhoenixConnection.open(
      this.url(n, turn),
      token === undefined ? own : { ...own, token },
      { signal, localAddress }
    )
    this.#tally.measure('connect', this.#clock.now() - began)
    return connection
  }
}
