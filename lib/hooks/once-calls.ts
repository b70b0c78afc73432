import type { HookTrace } from '../diagnostics/events.js'
import type { MeteredCall } from '../diagnostics/meter.js'
import { memoryOf } from '../limits/memory-of.js'
import { digestOf } from '../once/digest.js'
import type { LedgerEntry } from '../once/ledger.js'
import type { ClaimedKey, EndOfClaim, OnceOutcome, SharedKeys } from '../once/once.js'
import type { KeptResult } from '../once/result.js'
import type { AbortSource } from './abort-source.js'
import { argumentsProblem, toArguments } from './arguments.js'
import { type Hook, isTyped } from './compile.js'
import type { SessionContext } from './context.js'
import type { Encode } from './encode.js'
import { isObserved, observed } from './observed.js'
import { failures, type HookFailure } from './results.js'
import type { Unanswered } from './running-calls.js'
import { decodeRequest, readRequest } from './typed-request.js'
import type { CallTransport, HookCaller, HookRequest, RawHookRequest, RawHookResult } from './types.js'

/** Characters of the longest key. */
const maxKeyLength = 64

/** How long the engine of a cluster may take to answer where calls have no limit. */
const usualLimitMs = 10_000

/** What calls with a key need of the session that they are made in. */
export interface OnceHost {
  readonly context: SessionContext
  readonly caller: HookCaller
  isOverloaded(): boolean
  /** Counts a call that goes on when its caller goes away, and whose arguments take so much memory. */
  begin(bytes: number, key: string): AbortSource
  finish(abort: AbortSource): void
  /** Is told when the caller goes away, and is not answered until {@link letGo}. */
  hold(waiter: Unanswered): void
  letGo(waiter: Unanswered): void
  /** Runs a hook, and finishes. Never throws or rejects. */
  run(
    hook: Hook,
    args: readonly unknown[],
    transport: CallTransport,
    encode: Encode<Hook, KeptResult>,
    told: HookTrace | undefined,
    abort: AbortSource
  ): KeptResult | Promise<KeptResult>
}

type OnceRequest = HookRequest | RawHookRequest

/** A request that may run. */
interface Prepared {
  readonly hook: Hook
  readonly args: readonly unknown[]
  readonly transport: CallTransport
  readonly key: string
  /** Memory that the arguments take. */
  readonly bytes: number
}

/** The calls with a key of one session: whatever asks again gets the result of the one run. */
export class OnceCalls {
  readonly #host: OnceHost
  /** Users of two mounts are two, whatever they are called. */
  readonly #user: string

  constructor(host: OnceHost) {
    const { socket, userId } = host.caller
    this.#host = host
    this.#user = `${socket.path}\n${userId}`
  }

  /** Never throws or rejects; a promise only where something has to be waited for. */
  call(request: OnceRequest): KeptResult | Promise<KeptResult> {
    const { context } = this.#host
    const { ledger } = context.once
    if (!isKey(request.key)) return this.#refused(request, failures.invalidKey)
    const known = ledger.find(this.#user, request.key)
    if (known === undefined && this.#host.isOverloaded()) return this.#refused(request, failures.overloaded)
    const prepared = prepare(context, request, request.key)
    if ('reason' in prepared) return this.#refused(request, prepared)
    const { hook, args, key } = prepared
    const digest = digestOf(hook.hookPlugin, hook.name, args)
    if (known !== undefined) return this.#again(request, known, digest)
    const entry = ledger.begin(this.#user, key, digest)
    if (entry === undefined) return this.#full(request, 'keys')
    const { shared } = context.once
    return shared === undefined ? this.#run(prepared, entry) : this.#claim(prepared, entry, shared)
  }

  /** The key is known on this node. */
  #again(request: OnceRequest, entry: LedgerEntry, digest: string): KeptResult | Promise<KeptResult> {
    if (entry.digest !== digest) return this.#refused(request, this.#repeated('reused', failures.keyReused))
    if (entry.endedAt === undefined) return this.#wait(request, entry)
    if (entry.result === undefined)
      return this.#refused(request, this.#repeated('expired', failures.resultExpired))
    return this.#repeated('kept', entry.result)
  }

  /** For the end of a call that runs. Who has gone waits no more, and leaves the place to others. */
  #wait(request: OnceRequest, entry: LedgerEntry): KeptResult | Promise<KeptResult> {
    const { context, hold, letGo } = this.#host
    const { ledger } = context.once
    let answer: (outcome: KeptResult) => void = () => {}
    const end = new Promise<KeptResult>((resolve) => {
      answer = resolve
    })
    const tell = (outcome: KeptResult): void => {
      letGo(waiter)
      answer(outcome)
    }
    const waiter: Unanswered = {
      callerGone() {
        ledger.leave(entry, tell)
        tell(failures.unavailable)
      }
    }
    if (!ledger.wait(entry, tell)) return this.#full(request, 'waiting')
    hold(waiter)
    return this.#repeated('waited', end)
  }

  /** Too many keys are remembered, or too many wait for the end of one call. */
  #full(request: OnceRequest, limit: 'keys' | 'waiting'): KeptResult | Promise<KeptResult> {
    this.#host.caller.refused?.('callKeys', { limit })
    return this.#refused(request, this.#repeated('full', failures.overloaded))
  }

  /** A call that does not run, which is counted and told as every other one. */
  #refused<Refusal extends KeptResult>(request: MeteredCall, refusal: Refusal): Refusal | Promise<Refusal> {
    const { caller, context } = this.#host
    return isObserved(caller) ? observed(caller, context.registry, request, () => refusal) : refusal
  }

  #run(
    prepared: Prepared,
    entry: LedgerEntry,
    { abort, tell }: { abort?: AbortSource; tell?: EndOfClaim } = {}
  ): KeptResult | Promise<KeptResult> {
    const { context, caller, begin, run } = this.#host
    const { hook, args, transport, key, bytes } = prepared
    context.once.countRun()
    const code = (told?: HookTrace) =>
      run(hook, args, transport, encodeKept, told, abort ?? begin(bytes, key))
    const result = isObserved(caller) ? observed(caller, context.registry, namesOf(prepared), code) : code()
    return result instanceof Promise
      ? result.then((ended) => this.#ended(entry, ended, tell))
      : this.#ended(entry, result, tell)
  }

  #ended(entry: LedgerEntry, result: KeptResult, tell: EndOfClaim | undefined): KeptResult {
    const { once } = this.#host.context
    const isKept = once.ledger.end(entry, result)
    // Before anybody looks: a node that closes waits for what is being told.
    tell?.(isKept ? result : undefined)
    once.look()
    return result
  }

  /** The key may be known on other nodes. */
  async #claim(prepared: Prepared, entry: LedgerEntry, shared: SharedKeys): Promise<KeptResult> {
    const { context, begin, finish } = this.#host
    const { once, limits } = context
    const abort = begin(prepared.bytes, prepared.key)
    const { user, key, digest } = entry
    const claimed = await shared.claim({ user: user.name, key, digest }, limits.hookTimeoutMs || usualLimitMs)
    if (claimed.state === 'own') return this.#run(prepared, entry, { abort, tell: claimed.end })
    finish(abort)
    const outcome = outcomeOf(claimed)
    once.ledger.drop(entry, outcome)
    once.look()
    if (claimed.state === 'ended') return this.#repeated('kept', outcome)
    return this.#refused(namesOf(prepared), this.#repeated(claimed.state, outcome))
  }

  #repeated<Result>(outcome: OnceOutcome, result: Result): Result {
    this.#host.context.once.countRepeated(outcome)
    return result
  }
}

const namesOf = ({ hook, transport }: Prepared): MeteredCall => ({
  hookPlugin: hook.hookPlugin,
  fn: hook.name,
  transport
})

/** The same for a caller that takes the encoded message: of a call that ran, a typed hook has it. */
export function rawOf(result: KeptResult | Promise<KeptResult>): RawHookResult | Promise<RawHookResult> {
  return result instanceof Promise ? result.then(toRaw) : toRaw(result)
}

function toRaw(result: KeptResult): RawHookResult {
  if (!result.ok) return result
  return result.raw === undefined ? failures.resultNotEncodable : { ok: true, raw: result.raw }
}

/** Both forms: who asks again may come over another transport. */
const encodeKept: Encode<Hook, KeptResult> = (hook, reply) => {
  const json = hook.encode(reply)
  return isTyped(hook) ? { ok: true, json, raw: hook.messages.encodeReply(reply) } : { ok: true, json }
}

function outcomeOf(claimed: Exclude<ClaimedKey, { state: 'own' }>): KeptResult {
  switch (claimed.state) {
    case 'ended':
      return claimed.result
    case 'expired':
      return failures.resultExpired
    case 'reused':
      return failures.keyReused
    case 'unknown':
      return failures.outcomeUnknown
    case 'unavailable':
      return failures.unavailable
  }
}

function isKey(key: unknown): key is string {
  if (typeof key !== 'string' || key === '' || key.length > 2 * maxKeyLength) return false
  // What is one character may be two of JavaScript's.
  return key.length <= maxKeyLength || [...key].length <= maxKeyLength
}

/** Finds the hook and reads its arguments; says why it cannot be called. */
function prepare(
  { registry, limits }: SessionContext,
  request: OnceRequest,
  key: string
): Prepared | HookFailure {
  const { hookPlugin, fn, transport } = request
  const hook = registry.find(hookPlugin, fn)
  if (hook === undefined) return registry.missing(hookPlugin, fn)
  const args =
    'raw' in request ? rawArguments(hook, request, limits.hookArgsBytes) : jsonArguments(hook, request)
  if ('reason' in args) return args
  const bytes = memoryOf(args, 'raw' in request ? request.raw.length : request.bytes)
  return { hook, args, transport, key, bytes }

  function jsonArguments(hook: Hook, { args: given, bytes }: HookRequest): readonly unknown[] | HookFailure {
    const args = toArguments(given)
    const problem = argumentsProblem(hook, args, bytes, limits)
    if (problem !== undefined || !isTyped(hook)) return problem ?? args
    return readRequest(hook.messages, args, limits.hookArgsBytes)
  }
}

function rawArguments(hook: Hook, { raw }: RawHookRequest, limit: number): readonly unknown[] | HookFailure {
  return isTyped(hook) ? decodeRequest(hook.messages, raw, limit) : failures.schemaMissing
}
