import { diagnostics } from '../diagnostics/diagnostics.js'
import { traceOther } from '../diagnostics/trace-other.js'
import { HookCallerGone, HookTimedOut } from '../errors.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import { logFailure } from '../util/logger.js'
import { isThenable } from '../util/thenable.js'
import { AbortSource } from './abort-source.js'
import { Call, type CallerFunctions } from './call.js'
import type { SessionContext } from './context.js'
import type { HookPlugin } from './define.js'
import type { HookCaller } from './types.js'

type UserLifecycleName = 'after_user_joined' | 'after_user_left'

/** Runs `after_user_joined` and `after_user_left` of all plugins for one join, each once. */
export class UserLifecycle {
  readonly #context: SessionContext
  readonly #caller: HookCaller
  readonly #functions: CallerFunctions
  readonly #joining = new Set<AbortSource>()
  /** When each plugin's `after_user_joined` is through; undefined before the join. */
  #joined: Map<HookPlugin, Promise<void>> | undefined
  #over = false

  constructor(context: SessionContext, caller: HookCaller, functions: CallerFunctions) {
    this.#context = context
    this.#caller = caller
    this.#functions = functions
  }

  async joined(): Promise<void> {
    if (this.#joined !== undefined || this.#over) return
    this.#joined = new Map()
    for (const plugin of this.#context.registry.plugins) this.#joined.set(plugin, this.#join(plugin))
    await Promise.all(this.#joined.values())
  }

  async left(): Promise<void> {
    const joined = this.#joined
    this.#joined = undefined
    this.#over = true
    if (joined === undefined) return
    await Promise.all(Array.from(joined, ([plugin, done]) => this.#leave(plugin, done)))
  }

  /** Nothing begins any more for the join, and what runs for it is aborted; what runs when the user has left goes on. */
  end(): void {
    this.#over = true
    this.callerGone()
  }

  /** Aborts what still runs for the join. */
  callerGone(): void {
    if (this.#joining.size === 0) return
    const gone = new HookCallerGone()
    for (const abort of this.#joining) abort.abort(gone)
  }

  async #join(plugin: HookPlugin): Promise<void> {
    const abort = new AbortSource(this.#caller.log)
    this.#joining.add(abort)
    await this.#run(plugin, 'after_user_joined', abort)
    this.#joining.delete(abort)
  }

  async #leave(plugin: HookPlugin, joined: Promise<void>): Promise<void> {
    await joined
    await this.#run(plugin, 'after_user_left', new AbortSource(this.#caller.log))
  }

  async #run(plugin: HookPlugin, name: UserLifecycleName, abort: AbortSource): Promise<void> {
    const run = plugin.lifecycle[name]
    if (run === undefined) return
    const { limits, clock } = this.#context
    try {
      const call = new Call(this.#caller, this.#functions, this.#caller.transport, abort)
      const { hasSubscribers } = diagnostics.handler
      const done = hasSubscribers ? traceOther(this.#caller, name, plugin.name, () => run(call)) : run(call)
      if (!isThenable(done)) return
      if ((await withinTime(done, limits.hookTimeoutMs, clock)) !== timeIsUp) return
      const timedOut = new HookTimedOut(`${plugin.name}.${name}`, limits.hookTimeoutMs)
      abort.abort(timedOut)
      throw timedOut
    } catch (err) {
      logFailure(this.#caller.log, 'error', { hookPlugin: plugin.name, fn: name, err }, `${name} failed`)
    }
  }
}
