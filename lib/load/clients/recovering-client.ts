import { isObject } from '../../util/is-object.js'
import type { Client } from './clients.js'
import type { Connector } from './connector.js'
import type { PhoenixConnection, Pushed } from './phoenix-connection.js'

/** What a server with history says of a topic, in the reply to a join. */
interface Answer {
  readonly epoch: string
  readonly offset: number
  readonly recovered: boolean
  readonly count: number
}

/** Who is told what comes for a client. */
export interface RecoveringListener {
  /** A push of the topic. `gap` is how many offsets were passed over ahead of it. */
  heard(pushed: Pushed, gap: number): void
  /** The answer to a join with a position; what was missed follows. */
  answered(recovered: boolean, count: number): void
  /** It has all that it was to get, `ms` after it began to come back. */
  caughtUp(ms: number): void
  /** The connection has ended, and nobody cut it. */
  lost(reason: string): void
}

/** What the server says where a topic has no history: nothing. */
const noHistory =
  'no phx_recover in the reply to the join: the topic has no history, or the server knows none'

/** Who a client is, and what it joins. */
export interface RecoveringIdentity {
  /** Number of the client. */
  readonly n: number
  /** What the server knows it by. */
  readonly name: string
  readonly topic: string
  /** Of the join, beside the position. */
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * A client of one topic with history, which counts what it gets as `recoverable` of the client helper does, and can
 * be cut off and come back.
 */
export class RecoveringClient implements Client {
  readonly identity: RecoveringIdentity
  readonly #connector: Connector
  readonly #now: () => number
  readonly #listener: RecoveringListener
  #connection: PhoenixConnection | undefined
  #position: { readonly epoch: string; readonly offset: number } | undefined
  /** How often it has connected, or tried to. */
  #turns = 0
  /** When it began to come back; undefined once it has what it was to get. */
  #since: number | undefined
  /** Offset of the last that it has missed. */
  #target = 0
  #isClosed = false
  lostReason: string | undefined

  constructor(
    identity: RecoveringIdentity,
    { connector, now, listener }: { connector: Connector; now: () => number; listener: RecoveringListener }
  ) {
    this.identity = identity
    this.#connector = connector
    this.#now = now
    this.#listener = listener
  }

  /** True while it is away because it was cut, too. */
  get isOpen(): boolean {
    return this.lostReason === undefined
  }

  /** The connection over which it has joined; undefined while it is away. */
  get connection(): PhoenixConnection | undefined {
    return this.#connection?.isOpen ? this.#connection : undefined
  }

  /** Connects and joins, with the position that it has; rejects where that fails. */
  async come(signal: AbortSignal): Promise<void> {
    const { n, name, topic, params } = this.identity
    const asked = this.#position
    this.#since ??= this.#now()
    await this.#connector.open(
      n,
      signal,
      async (connection) => {
        let trouble: string | undefined
        connection.onPushed = (pushed) => this.#receive(connection, pushed)
        const own = JSON.stringify({ ...params, phx_recover: { ...asked, client: name } })
        await this.#connector.join(connection, topic, own, ({ phx_recover }) => {
          trouble = troubleOf(phx_recover, asked?.offset)
          if (trouble === undefined) this.#joined(connection, phx_recover as Answer)
        })
        if (trouble !== undefined) throw new Error(trouble)
      },
      this.#turns++
    )
    // Nobody would close it any more.
    if (this.#isClosed) void this.#connection?.close()
  }

  /** Breaks the connection. */
  cut(): void {
    this.#connection?.cut()
    this.#connection = undefined
    this.#since = undefined
  }

  ping(): void {
    this.connection?.ping()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#connection?.close()
  }

  #joined(connection: PhoenixConnection, { epoch, offset, recovered, count }: Answer): void {
    const isFirst = this.#position === undefined
    this.#connection = connection
    this.lostReason = undefined
    connection.onLost = (reason) => {
      this.lostReason = reason
      this.#connection = undefined
      this.#since = undefined
      this.#listener.lost(reason)
    }
    this.#position = { epoch, offset }
    this.#target = recovered ? offset + count : offset
    if (isFirst) this.#since = undefined
    else this.#listener.answered(recovered, count)
    this.#lookWhetherCaughtUp()
  }

  /** What comes ahead of the answer is of no position, and is passed over as the helper does. */
  #receive(connection: PhoenixConnection, pushed: Pushed): void {
    const position = this.#position
    if (connection !== this.#connection || position === undefined || pushed.topic !== this.identity.topic)
      return
    const offset = offsetOf(pushed)
    let gap = 0
    if (offset !== undefined && offset > position.offset) {
      gap = offset - position.offset - 1
      this.#position = { epoch: position.epoch, offset }
    }
    this.#listener.heard(pushed, gap)
    this.#lookWhetherCaughtUp()
  }

  #lookWhetherCaughtUp(): void {
    if (this.#since === undefined || Number(this.#position?.offset) < this.#target) return
    this.#listener.caughtUp(this.#now() - this.#since)
    this.#since = undefined
  }
}

/** The offset that a message has, or says that another has; undefined where it has none. */
function offsetOf({ ref, event, payload }: Pushed): number | undefined {
  const [, written] = /^@(\d+)$/.exec(String(ref)) ?? []
  if (written !== undefined) return Number(written)
  return event === 'phx_position' && typeof payload.offset === 'number' ? payload.offset : undefined
}

/** What is wrong with an answer; undefined where nothing is. */
function troubleOf(answer: unknown, asked: number | undefined): string | undefined {
  if (answer === undefined) return noHistory
  const { epoch, offset, recovered, count } = isObject(answer) ? answer : {}
  const isAnswer =
    typeof epoch === 'string' && typeof recovered === 'boolean' && [offset, count].every(isCount)
  if (!isAnswer) return `malformed phx_recover in the reply to the join: ${JSON.stringify(answer)}`
  if (!recovered || offset === asked) return undefined
  return `phx_recover has the offset ${offset} where ${asked ?? 'none'} was asked for`
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
