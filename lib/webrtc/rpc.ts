import type { CallTransport, HookRequest, HookResult } from '../hooks/types.js'
import type { Logger } from '../logger.js'
import type { PeerStats } from './peer-stats.js'
import { decodeCall, encodeReply, type RpcCall } from './rpc-json.js'

/** Runs hooks on behalf of the joined user; the session of lib/hooks is one. */
export interface HookCalls {
  call(request: HookRequest): HookResult | Promise<HookResult>
}

/** Hook calls that share a caller who may go away before the join ends. */
export interface HookBranch extends HookCalls {
  /** The caller is gone: aborts the calls that are running. */
  end(): void
}

/** Hook calls of a join, from which those of each DataChannel branch off. */
export interface BranchingHookCalls extends HookCalls {
  branch(): HookBranch
}

export interface RpcOptions {
  hooks: HookCalls
  stats: PeerStats
  log: Logger
  /** Bytes of the largest reply that the client takes. */
  maxReplyBytes: number
  send(text: string): void
}

/** A reply that waits for the replies to earlier calls of the same function. */
interface Waiting {
  text: string | undefined
}

/**
 * Hook calls of one DataChannel, or of the channel that stands in for it. A call with an `id` is
 * answered when its hook is done; calls of one function without ids in the order they came.
 */
export class RpcResponder {
  readonly #hooks: HookCalls
  readonly #stats: PeerStats
  readonly #log: Logger
  readonly #maxReplyBytes: number
  readonly #send: (text: string) => void
  /** Calls without id that are not answered yet, oldest first, by function. */
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(options: RpcOptions) {
    this.#hooks = options.hooks
    this.#stats = options.stats
    this.#log = options.log
    this.#maxReplyBytes = options.maxReplyBytes
    this.#send = options.send
  }

  /** Handles one message of `bytes` bytes; what is no hook call is counted and dropped. */
  receive(data: string | Buffer, bytes: number, transport: CallTransport): void {
    const call = typeof data === 'string' ? decodeCall(data) : undefined
    if (call === undefined) {
      this.#stats.drop('malformed')
      return
    }
    const { hookPlugin, fn, args } = call
    const result = this.#hooks.call({ hookPlugin, fn, args, bytes, transport })
    if (isPromise(result)) this.#answerLater(call, result)
    else this.#answerNow(call, result)
  }

  #answerNow(call: RpcCall, result: HookResult): void {
    const text = this.#encode(call, result)
    const earlier = call.id === undefined ? this.#waiting.get(functionKey(call)) : undefined
    if (earlier === undefined) this.#send(text)
    else earlier.push({ text })
  }

  #answerLater(call: RpcCall, promise: Promise<HookResult>): void {
    const answer = call.id === undefined ? this.#reserve(functionKey(call)) : this.#send
    promise
      .catch((err: unknown): HookResult => {
        this.#log.error({ err, plugin: call.hookPlugin, fn: call.fn }, 'hook call rejected')
        return { ok: false, reason: 'internal_error' }
      })
      .then((result) => answer(this.#encode(call, result)))
      .catch((err: unknown) => this.#log.error({ err }, 'cannot answer a hook call'))
  }

  /** Takes the next place in the line of a function; the result fills it. */
  #reserve(key: string): (text: string) => void {
    const place: Waiting = { text: undefined }
    let line = this.#waiting.get(key)
    if (line === undefined) {
      line = []
      this.#waiting.set(key, line)
    }
    line.push(place)
    return (text) => {
      place.text = text
      this.#advance(key, line)
    }
  }

  #advance(key: string, line: Waiting[]): void {
    for (let head = line[0]; head?.text !== undefined; head = line[0]) {
      line.shift()
      if (line.length === 0) this.#waiting.delete(key)
      this.#send(head.text)
    }
  }

  #encode(call: RpcCall, result: HookResult): string {
    const text = encodeReply(call, result)
    const max = this.#maxReplyBytes
    // A UTF-16 code unit is at most 3 bytes of UTF-8, so that most replies need no counting.
    if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text
    return encodeReply(call, { ok: false, reason: 'result_too_large' })
  }
}

/** The functions `b` of `a` and `a.b` of none must not share a line; a length keeps them apart. */
function functionKey({ hookPlugin, fn }: RpcCall): string {
  return `${hookPlugin.length}:${hookPlugin}${fn}`
}

function isPromise(result: HookResult | Promise<HookResult>): result is Promise<HookResult> {
  return result instanceof Promise
}
