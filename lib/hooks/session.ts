import type { HookTrace } from '../diagnostics/events.js'
import { HookCallerGone, HookTimedOut } from '../errors.js'
import { memoryOf } from '../limits/memory-of.js'
import type { KeptResult } from '../once/result.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import { logFailure } from '../util/logger.js'
import { isThenable } from '../util/thenable.js'
import { AbortSource } from './abort-source.js'
import { argumentsProblem, toArguments } from './arguments.js'
import { Call, type CallerFunctions, callerFunctions, refusalReason } from './call.js'
import { CallIntake } from './call-intake.js'
import { type Hook, isTyped } from './compile.js'
import type { SessionContext } from './context.js'
import { type Encode, encodeJson, encodeRaw } from './encode.js'
import { isObserved, observed } from './observed.js'
import { OnceCalls, rawOf } from './once-calls.js'
import { failure, failures, type HookFailure } from './results.js'
import { RunningCalls, type Unanswered } from './running-calls.js'
import { decodeRequest, readRequest } from './typed-request.js'
import type {
  CallTransport,
  HookCaller,
  HookRequest,
  HookResult,
  RawHookRequest,
  RawHookResult
} from './types.js'
import { UserLifecycle } from './user-lifecycle.js'

/** The hook calls of one user channel that was joined. Lives as long as the join. */
export class HookSession {
  readonly #context: SessionContext
  readonly #caller: HookCaller
  readonly #functions: CallerFunctions
  readonly #lifecycle: UserLifecycle
  /** One for each call that has not been answered, be it that it runs, or waits for one that does. */
  readonly #running = new RunningCalls()
  /** The sessions of DataChannels that have not ended, or whose calls are still running. */
  readonly #branches = new Set<HookSession>()
  /** Made with the first call that has a key. */
  #once: OnceCalls | undefined
  #whenIdle: (() => void)[] = []
  #ended = false
  /** Why the signal of a call has fired before it begins: its caller has gone, and had sent it before. */
  #gone: Error | undefined
  /** Lets go of a branch that has ended and whose calls are through. */
  #forget: () => void = () => {}
  /** Of the calls over DataChannels, those of all branches. */
  readonly intake: CallIntake

  constructor(context: SessionContext, caller: HookCaller, intake = new CallIntake()) {
    this.intake = intake
    this.#context = context
    this.#caller = caller
    this.#functions = callerFunctions(caller)
    this.#lifecycle = new UserLifecycle(context, caller, this.#functions)
  }

  /**
   * Calls a hook. Never throws or rejects: what goes wrong is in the result, and
   * in the caller's log where the hook is to blame. The result is a promise only where the hook
   * returned one. After {@link end} nothing is called any more and every result is `internal_error`.
   */
  call(request: HookRequest): HookResult | Promise<HookResult> {
    if (request.key !== undefined && request.key !== null) return this.#callOnce(request)
    if (!isObserved(this.#caller)) return this.#call(request)
    return observed(this.#caller, this.#context.registry, request, (told) => this.#call(request, told))
  }

  #call(request: HookRequest, told?: HookTrace): HookResult | Promise<HookResult> {
    if (this.#ended) return failures.internalError
    const { registry, limits } = this.#context
    const hook = registry.find(request.hookPlugin, request.fn)
    if (hook === undefined) return registry.missing(request.hookPlugin, request.fn)
    const args = toArguments(request.args)
    const refused = argumentsProblem(hook, args, request.bytes, limits)
    if (refused !== undefined) return refused
    if (this.#isOverloaded()) return failures.overloaded
    const read = isTyped(hook) ? readRequest(hook.messages, args, limits.hookArgsBytes) : args
    if ('reason' in read) return read
    const abort = this.#begin(memoryOf(read, request.bytes))
    return this.#run(hook, read, request.transport, encodeJson, told, abort)
  }

  /** Calls a typed hook with its encoded request. Otherwise as {@link call}. */
  callRaw(request: RawHookRequest): RawHookResult | Promise<RawHookResult> {
    if (request.key !== undefined && request.key !== null) return rawOf(this.#callOnce(request))
    if (!isObserved(this.#caller)) return this.#callRaw(request)
    return observed(this.#caller, this.#context.registry, request, (told) => this.#callRaw(request, told))
  }

  #callRaw(request: RawHookRequest, told?: HookTrace): RawHookResult | Promise<RawHookResult> {
    if (this.#ended) return failures.internalError
    const { registry, limits } = this.#context
    const hook = registry.find(request.hookPlugin, request.fn)
    if (hook === undefined) return registry.missing(request.hookPlugin, request.fn)
    if (!isTyped(hook)) return failures.schemaMissing
    if (this.#isOverloaded()) return failures.overloaded

    const args = decodeRequest(hook.messages, request.raw, limits.hookArgsBytes)
    if ('reason' in args) return args
    const abort = this.#begin(memoryOf(args, request.raw.length))
    return this.#run(hook, args, request.transport, encodeRaw, told, abort)
  }

  #callOnce(request: HookRequest | RawHookRequest): KeptResult | Promise<KeptResult> {
    // Its caller comes back for it.
    if (this.#ended) return this.#unavailable(request)
    this.#once ??= new OnceCalls({
      context: this.#context,
      caller: this.#caller,
      isOverloaded: () => this.#isOverloaded(),
      begin: (bytes, key) => this.#begin(bytes, key),
      finish: (abort) => this.#finish(abort),
      hold: (waiter) => this.#hold(waiter),
      letGo: (waiter) => this.#letGo(waiter),
      run: (...args) => this.#run(...args)
    })
    return this.#once.call(request)
  }

  #unavailable(request: HookRequest | RawHookRequest): KeptResult | Promise<KeptResult> {
    if (!isObserved(this.#caller)) return failures.unavailable
    return observed(this.#caller, this.#context.registry, request, () => failures.unavailable)
  }

  /**
   * A session for calls whose caller may go away before the join ends, as over a DataChannel: its
   * {@link end} aborts those alone, and it ends with this one. They count for the same user.
   */
  branch(): HookSession {
    const branch = new HookSession(this.#context, this.#caller, this.intake)
    if (this.#ended) branch.end()
    else this.#branches.add(branch)
    branch.#forget = () => this.#branches.delete(branch)
    return branch
  }

  /**
   * The join has succeeded: runs the `after_user_joined` of all plugins, once. Resolves when they are
   * through; never rejects: what fails is logged.
   */
  joined(): Promise<void> {
    return this.#lifecycle.joined()
  }

  /**
   * The join is over: runs the `after_user_left` of all plugins, once, each after the plugin's
   * `after_user_joined` is through; none where {@link joined} was not called. Resolves when they are
   * through; never rejects: what fails is logged.
   */
  left(): Promise<void> {
    return this.#lifecycle.left()
  }

  /** Resolves when all calls that are running have been answered, those of its branches included. */
  async idle(): Promise<void> {
    await Promise.all([this.#ownIdle(), ...Array.from(this.#branches, (branch) => branch.idle())])
  }

  async #ownIdle(): Promise<void> {
    if (this.#running.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve)
    })
    // An answer is on its way when its call ends; it is sent in the same turn of the event loop.
    await new Promise(setImmediate)
  }

  /**
   * The caller went away: aborts the signals of all calls in flight, and of those that begin from now on. What it had
   * sent before may still be called, until {@link end}.
   */
  callerGone(): void {
    if (this.#gone !== undefined) return
    this.#gone = new HookCallerGone()
    this.#running.callerGone(this.#gone)
    for (const branch of this.#branches) branch.callerGone()
    this.#lifecycle.callerGone()
  }

  /**
   * Nothing is called any more, and the signals of all calls in flight are aborted. They count against the user's
   * limit until the hooks really end or time out. May be called any number of times.
   */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#running.size > 0) this.callerGone()
    for (const branch of this.#branches) branch.end()
    if (this.#running.size === 0) this.#forget()
    this.#lifecycle.end()
  }

  #isOverloaded(): boolean {
    return this.#caller.budget.isOverloaded(this.#context.limits)
  }

  #run<AnyHook extends Hook, Result>(
    hook: AnyHook,
    args: readonly unknown[],
    transport: CallTransport,
    encode: Encode<AnyHook, Result>,
    told: HookTrace | undefined,
    abort: AbortSource
  ): Result | HookFailure | Promise<Result | HookFailure> {
    let reply: unknown
    try {
      const call = new Call(this.#caller, this.#functions, transport, abort)
      reply = hook.run.call(hook.self, call, ...args)
      if (isThenable(reply)) return this.#answerLater(hook, reply, abort, encode, told)
    } catch (err) {
      this.#finish(abort)
      return this.#failed(hook, err, abort, told)
    }
    this.#finish(abort)
    return this.#encode(hook, reply, encode, told)
  }

  /** @param bytes memory that the arguments take */
  #begin(bytes: number, key?: string): AbortSource {
    const abort = new AbortSource(this.#caller.log, bytes, key)
    this.#caller.budget.beginCall(bytes)
    this.#hold(abort)
    return abort
  }

  #finish(abort: AbortSource): void {
    this.#caller.budget.endCall(abort.bytes)
    this.#letGo(abort)
  }

  #hold(call: Unanswered): void {
    this.#running.add(call)
    if (this.#gone !== undefined) call.callerGone(this.#gone)
  }

  #letGo(call: Unanswered): void {
    this.#running.delete(call)
    if (this.#running.size > 0) return
    if (this.#whenIdle.length > 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    if (this.#ended) this.#forget()
  }

  async #answerLater<AnyHook extends Hook, Result>(
    hook: AnyHook,
    pending: PromiseLike<unknown>,
    abort: AbortSource,
    encode: Encode<AnyHook, Result>,
    told: HookTrace | undefined
  ): Promise<Result | HookFailure> {
    const { limits, clock } = this.#context
    try {
      const reply = await withinTime(pending, limits.hookTimeoutMs, clock)
      return reply === timeIsUp ? this.#timedOut(hook, abort, told) : this.#encode(hook, reply, encode, told)
    } catch (err) {
      return this.#failed(hook, err, abort, told)
    } finally {
      this.#finish(abort)
    }
  }

  #timedOut(hook: Hook, abort: AbortSource, told: HookTrace | undefined): HookFailure {
    const err = new HookTimedOut(`${hook.hookPlugin}.${hook.name}`, this.#context.limits.hookTimeoutMs)
    abort.abort(err)
    this.#log('warn', hook, err, 'hook timed out', told)
    return failures.timeout
  }

  #failed(hook: Hook, err: unknown, abort: AbortSource, told: HookTrace | undefined): HookFailure {
    const reason = refusalReason(err)
    if (reason !== undefined) return failure(reason)
    // A hook that gives up because its caller is gone has done nothing wrong.
    if (!abort.aborted) this.#log('error', hook, err, 'hook failed', told)
    return failures.internalError
  }

  #encode<AnyHook extends Hook, Result>(
    hook: AnyHook,
    reply: unknown,
    encode: Encode<AnyHook, Result>,
    told: HookTrace | undefined
  ): Result | HookFailure {
    try {
      return encode(hook, reply)
    } catch (err) {
      this.#log('warn', hook, err, 'the reply of a hook cannot be encoded', told)
      return failures.resultNotEncodable
    }
  }

  #log(level: 'warn' | 'error', hook: Hook, err: unknown, message: string, told?: HookTrace): void {
    if (told !== undefined) told.error = err
    logFailure(this.#caller.log, level, { hookPlugin: hook.hookPlugin, fn: hook.name, err }, message)
  }
}
