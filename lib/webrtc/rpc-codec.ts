import type { HookFailure } from '../hooks/results.js'
import type { CallTransport, HookRequest, HookResult, RawHookRequest, RawHookResult } from '../hooks/types.js'

/** Runs hooks on behalf of the joined user; the session of lib/hooks is one. */
export interface HookCalls {
  /** Calls a hook with arguments that were JSON. */
  call(request: HookRequest): HookResult | Promise<HookResult>
  /** Calls a typed hook with its encoded request message. */
  callRaw(request: RawHookRequest): RawHookResult | Promise<RawHookResult>
  /** Says whether a call over a DataChannel is still taken; not there where all are. */
  readonly intake?: { take(id: number | string | undefined): boolean }
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

/** A hook call as it stood in a message; nothing of it is trusted. */
export interface RpcCall {
  readonly hookPlugin: string
  readonly fn: string
  readonly id?: number | string | undefined
}

/** One format of hook calls and of their replies; `Result` is how its calls can end. */
export interface RpcCodec<Call extends RpcCall, Result> {
  /** Undefined for everything that is no hook call; never throws. */
  decode(message: string | Buffer): Call | undefined
  /** Has the call made; `bytes` is the size of the message that it came in. */
  run(
    hooks: HookCalls,
    call: Call,
    bytes: number,
    transport: CallTransport
  ): Result | HookFailure | Promise<Result>
  /** The message that answers the call: a string is sent as a text message, bytes as a binary one. */
  encode(call: Call, result: Result | HookFailure): string | Uint8Array
  /**
   * Calls of one line are answered in the order in which they came, because nothing else tells their
   * replies apart. A call that is in no line is answered as soon as its hook is done.
   */
  lineOf(call: Call): string | undefined
}
