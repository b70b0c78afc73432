import { type ClientClock, limitOf } from './clock.js'
import type { CodecCall } from './codec.js'
import { type ClientReason, HookError } from './hook-error.js'
import type { PhoenixPush } from './phoenix.js'

/** How one call is made. */
export interface CallOptions {
  /**
   * Milliseconds from the call to its answer, waiting for the channel included; 0 is no limit. After
   * it the call is rejected with `call_timeout`. Default: `timeoutMs` of the client.
   */
  readonly timeoutMs?: number | undefined
  /** Rejects the call with the signal's reason. The server is not told: a hook that runs goes on. */
  readonly signal?: AbortSignal | undefined
  /**
   * The hook may run twice: where the connection is lost, the call is made again, unless it is the call that ends one
   * connection after the other. Default: false.
   */
  readonly idempotent?: boolean | undefined
  /**
   * The hook must run once: the call gets a key, and where the connection is lost it is asked for again until the
   * result of the one run is here, or the time is over. Text is a key of your own, of 1 to 64 characters, with which a
   * page asks again that was loaded anew. The server has to know such keys. Default: false.
   */
  readonly once?: boolean | string | undefined
}

/** A call that has no answer yet. */
export interface PendingCall extends CodecCall {
  readonly idempotent: boolean
  /** Whether it was sent before: it may have run. */
  wasSent: boolean
  /** Whether its result has no room on the DataChannel. */
  isLarge: boolean
  /** How often it may be sent again although the server has no room for it. */
  retries: number
  /** Sockets in a row that the server closed while it was under way. */
  strikes: number
  /** Waits until it is sent again. */
  pause: unknown
  /** What the server said last, where it is asked again. */
  said: string | undefined
  /** More than nothing. */
  readonly timeoutMs: number
  /** What it travels on; nothing while it waits for the channel. */
  carrier: PhoenixPush | 'datachannel' | undefined
  resolve(data: unknown): void
  /** Rejects it with a {@link HookError}. */
  fail(reason: ClientReason | (string & {}), cause?: unknown): void
}

/** Milliseconds before a call that runs once is asked for again, where the server could not say what became of it. */
const askAgainMs = 500

/** How often a call is sent again that may have run, where the server says that it is full. */
const maxRetries = 10

/** A call for which the server closes each socket that it is sent on would keep the user from joining at all. */
const maxStrikes = 3

const largestId = 2 ** 32 - 1

/** The calls that have no answer yet, by id. When a call ends, however it does, nothing is left of it. */
export class CallTable {
  readonly #clock: ClientClock
  readonly #cancel: (push: PhoenixPush) => void
  readonly #calls = new Map<number, PendingCall>()
  #lastId = 0

  /** @param cancel gives up the push that a call travelled on */
  constructor(clock: ClientClock, cancel: (push: PhoenixPush) => void) {
    this.#clock = clock
    this.#cancel = cancel
  }

  /** Adds a call and hands it to `send`; resolves or rejects when it ends. */
  run(
    call: Omit<CodecCall, 'id'>,
    { timeoutMs = 0, signal, idempotent = false }: CallOptions,
    send: (call: PendingCall) => void
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId()
      const limit = limitOf(timeoutMs)
      const timer = this.#clock.setTimeout(() => pending.fail('call_timeout'), limit)
      const end = () => {
        this.#calls.delete(id)
        this.#clock.clearTimeout(timer)
        this.#clock.clearTimeout(pending.pause)
        signal?.removeEventListener('abort', abort)
        const { carrier } = pending
        if (typeof carrier === 'object') this.#cancel(carrier)
      }
      const abort = () => {
        end()
        reject(signal?.reason)
      }
      const pending: PendingCall = {
        ...call,
        id,
        idempotent,
        wasSent: false,
        isLarge: false,
        retries: maxRetries,
        strikes: 0,
        pause: undefined,
        said: undefined,
        timeoutMs: limit,
        carrier: undefined,
        resolve(data) {
          end()
          resolve(data)
        },
        fail(reason, cause) {
          end()
          const error = (word: string, why: unknown) =>
            new HookError(word, call.plugin, call.fn, why, call.key)
          const { said } = pending
          reject(error(reason, cause ?? (said && error(said, undefined))))
        }
      }
      this.#calls.set(id, pending)
      signal?.addEventListener('abort', abort)
      send(pending)
    })
  }

  /** What carried it ended before the answer came, by the server or by itself: it fails, unless it may be sent again. */
  lost(call: PendingCall, isRefused: boolean): void {
    if (isRefused) call.strikes++
    if (call.idempotent && call.strikes < maxStrikes) call.wasSent = true
    else call.fail('connection_lost')
  }

  /** The server refuses a call: it fails; or, where that is not the last word on a call that runs once, is sent again. */
  refused(call: PendingCall, reason: string, send: (call: PendingCall) => void): void {
    call.carrier = undefined
    call.strikes = 0
    // Nothing ran this time, and it may have before; unless it is the hook that says so, each time.
    const isFull = call.wasSent && (reason === 'overloaded' || reason === 'rate_limited')
    if (call.key === undefined || (reason !== 'once_unavailable' && !(isFull && call.retries-- > 0))) {
      call.said = undefined
      call.fail(reason)
      return
    }
    call.said = reason
    this.#clock.clearTimeout(call.pause)
    call.pause = this.#clock.setTimeout(() => {
      if (!call.carrier) send(call)
    }, askAgainMs)
  }

  find(id: number): PendingCall | undefined {
    return this.#calls.get(id)
  }

  /** Those that travel on `carrier`, the oldest first. */
  on(carrier: PendingCall['carrier']): PendingCall[] {
    return [...this.#calls.values()].filter((call) => call.carrier === carrier)
  }

  /** Those that a server has never read which took none over the DataChannel behind that id; null is none at all. */
  unread(lastId: unknown): PendingCall[] {
    const wasRead = (id: number): boolean => lastId !== null && !(id > Number(lastId))
    return [...this.#calls.values()].filter(({ id, carrier }) =>
      carrier === 'datachannel' ? !wasRead(id) : carrier !== undefined
    )
  }

  /** Ends all of them. */
  failAll(reason: ClientReason): void {
    for (const call of [...this.#calls.values()]) call.fail(reason)
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % largestId) + 1
    while (this.#calls.has(this.#lastId))
    return this.#lastId
  }
}
