import { failure, failures, type HookFailure } from '../hooks/results.js'
import type { CallTransport } from '../hooks/types.js'
import type { Backlog } from '../limits/backlog.js'
import type { PeerCounters } from '../peers/peer-stats.js'
import type { Logger } from '../util/logger.js'
import { sizeOf } from '../util/size-of.js'
import type { HookCalls, RpcCall, RpcCodec } from './rpc-codec.js'

export type { HookCalls }

export interface RpcOptions<Call extends RpcCall, Result> {
  codec: RpcCodec<Call, Result>
  hooks: HookCalls
  stats: PeerCounters
  log: Logger
  /** Where answers count that wait for earlier ones; without one they may be as many as they like. */
  backlog?: RpcBacklog | undefined
  /** Bytes of the largest reply that the client takes. */
  maxReplyBytes: number
  send(reply: string | Uint8Array): void
}

/** Whether there is room for bytes that have to wait, which are given back when they do not any more. */
export type RpcBacklog = Pick<Backlog, 'add' | 'remove'>

/** Takes the messages of one DataChannel, or of the channel that stands in for it. */
export interface RpcReceiver {
  /** Handles one message of `bytes` bytes; what is no hook call is counted and dropped. */
  receive(data: string | Buffer, bytes: number, transport: CallTransport): void
  /** Nobody waits for answers any more: forgets those that wait. */
  end(): void
}

/** A reply that waits for the replies to earlier calls of its line. */
interface Waiting {
  reply: string | Uint8Array | undefined
  /** What it takes of the backlog. */
  bytes: number
}

const resultTooLarge = failure('result_too_large')

/**
 * Hook calls of one DataChannel, or of the channel that stands in for it. A call with an `id` is
 * answered when its hook is done; calls without ids in the order they came, line by line of the codec.
 */
export class RpcResponder<Call extends RpcCall, Result> implements RpcReceiver {
  readonly #codec: RpcCodec<Call, Result>
  readonly #hooks: HookCalls
  readonly #stats: PeerCounters
  readonly #log: Logger
  readonly #backlog: RpcBacklog | undefined
  readonly #maxReplyBytes: number
  readonly #send: (reply: string | Uint8Array) => void
  /** Calls without id that are not answered yet, oldest first, by line. */
  readonly #waiting = new Map<string, Waiting[]>()
  #ended = false

  constructor(options: RpcOptions<Call, Result>) {
    this.#codec = options.codec
    this.#hooks = options.hooks
    this.#stats = options.stats
    this.#log = options.log
    this.#backlog = options.backlog
    this.#maxReplyBytes = options.maxReplyBytes
    this.#send = options.send
  }

  receive(data: string | Buffer, bytes: number, transport: CallTransport): void {
    const call = this.#codec.decode(data)
    if (call === undefined) {
      this.#stats.drop('malformed')
      return
    }
    if (transport === 'datachannel' && this.#hooks.intake?.take(call.id) === false) return
    const result = this.#codec.run(this.#hooks, call, bytes, transport)
    if (result instanceof Promise) this.#answerLater(call, result)
    else this.#answerNow(call, result)
  }

  #answerNow(call: Call, result: Result | HookFailure): void {
    const reply = this.#encode(call, result)
    const line = this.#codec.lineOf(call)
    const earlier = line === undefined ? undefined : this.#waiting.get(line)
    if (earlier === undefined) this.#send(reply)
    else earlier.push(this.#keep({ reply: undefined, bytes: 0 }, call, reply))
  }

  #answerLater(call: Call, promise: Promise<Result>): void {
    const line = this.#codec.lineOf(call)
    const answer = line === undefined ? this.#send : this.#reserve(line, call)
    promise
      .catch((err: unknown): HookFailure => {
        this.#log.error({ err, plugin: call.hookPlugin, fn: call.fn }, 'hook call rejected')
        return failures.internalError
      })
      .then((result) => answer(this.#encode(call, result)))
      .catch((err: unknown) => this.#log.error({ err }, 'cannot answer a hook call'))
  }

  /** Takes the next place in a line; the reply fills it. */
  #reserve(key: string, call: Call): (reply: string | Uint8Array) => void {
    const place: Waiting = { reply: undefined, bytes: 0 }
    let line = this.#waiting.get(key)
    if (line === undefined) {
      line = []
      this.#waiting.set(key, line)
    }
    line.push(place)
    return (reply) => {
      if (line[0] === place) place.reply = reply
      else if (line.length > 0) this.#keep(place, call, reply)
      this.#advance(key, line)
    }
  }

  /** Keeps a reply behind earlier ones; what there is no room for is answered with an error, in its place. */
  #keep(place: Waiting, call: Call, reply: string | Uint8Array): Waiting {
    const bytes = sizeOf(reply)
    if (this.#ended) place.reply = ''
    else if (this.#backlog === undefined || this.#backlog.add(bytes, 0)) {
      place.reply = reply
      place.bytes = bytes
    } else {
      this.#stats.drop('queue_full')
      place.reply = this.#codec.encode(call, failures.overloaded)
    }
    return place
  }

  end(): void {
    this.#ended = true
    for (const line of this.#waiting.values()) for (const place of line) this.#forget(place)
  }

  /** The place stays: whoever sends counts what could not be sent. */
  #forget(place: Waiting): void {
    this.#backlog?.remove(place.bytes, 0)
    place.bytes = 0
    if (place.reply !== undefined) place.reply = ''
  }

  #advance(key: string, line: Waiting[]): void {
    for (let head = line[0]; head?.reply !== undefined; head = line[0]) {
      line.shift()
      this.#backlog?.remove(head.bytes, 0)
      if (line.length === 0) this.#waiting.delete(key)
      this.#send(head.reply)
    }
  }

  #encode(call: Call, result: Result | HookFailure): string | Uint8Array {
    const reply = this.#codec.encode(call, result)
    return fits(reply, this.#maxReplyBytes) ? reply : this.#codec.encode(call, resultTooLarge)
  }
}

function fits(reply: string | Uint8Array, maxBytes: number): boolean {
  if (typeof reply !== 'string') return reply.length <= maxBytes
  // A UTF-16 code unit is at most 3 bytes of UTF-8, so that most replies need no counting.
  return reply.length * 3 <= maxBytes || Buffer.byteLength(reply) <= maxBytes
}
