import type { Clock, Timer } from '../clock.js'
import { HookStartupFailed } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Logger } from '../logger.js'
import { oneLine } from '../one-line.js'
import type { SessionContext } from './context.js'
import type { HookPlugin } from './define.js'
import { logFailure } from './log-failure.js'
import { HookRegistry } from './registry.js'
import { HookSession } from './session.js'
import type { HookCaller } from './types.js'

export interface HooksOptions {
  /** Made by `defineHooks`, each name once. */
  readonly plugins: readonly HookPlugin[]
  /** `callsInFlight`, `hookTimeoutMs`, `hookArgs` and `hookArgsBytes` count here; 0 turns one off. */
  readonly limits: Readonly<Limits>
  readonly clock: Clock
  /** For what fails outside of any join; calls log to the log of their caller. */
  readonly log: Logger
}

/** Milliseconds for the `after_startup` of one plugin: less than Fastify waits by default. */
const startupLimitMs = 9_000

/** All hook plugins of a server. */
export class Hooks {
  readonly #context: SessionContext
  readonly #log: Logger
  /** Plugins whose `after_startup` has run, in that order. */
  readonly #started: HookPlugin[] = []
  /** Whether a plugin wants to hear of users who come and go. */
  readonly followsUsers: boolean
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  /**
   * @throws PHX_ERR_HOOKS_DUPLICATE for two plugins of one name.
   * @throws PHX_ERR_HOOKS_DEFINITION for a plugin that `defineHooks` has not made.
   */
  constructor(options: HooksOptions) {
    const { plugins, limits, clock, log } = options
    this.#context = { registry: new HookRegistry(plugins), limits, clock }
    this.#log = log
    this.followsUsers = plugins.some(
      ({ lifecycle }) => lifecycle.after_user_joined !== undefined || lifecycle.after_user_left !== undefined
    )
  }

  /**
   * Runs the `after_startup` of the plugins, one after the other; once, however often it is called.
   * Rejects with PHX_ERR_HOOKS_STARTUP, which names the plugin, at the first that fails
   * or takes more than nine seconds.
   */
  startup(): Promise<void> {
    this.#starting ??= this.#startAll()
    return this.#starting
  }

  /**
   * Runs the `before_stop` of all plugins that were started, all at once so that none can keep the
   * others from it; once, however often it is called. Resolves when they are through; never rejects:
   * what fails is logged. There is no time limit.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  /** Opens the calls of one join of a user channel. */
  session(caller: HookCaller): HookSession {
    return new HookSession(this.#context, caller)
  }

  async #startAll(): Promise<void> {
    for (const plugin of this.#context.registry.plugins) {
      try {
        await this.#startOne(plugin)
      } catch (err) {
        throw new HookStartupFailed(plugin.name, oneLine(err), { cause: err })
      }
      this.#started.push(plugin)
    }
  }

  /** Fastify would give up on the whole start a little later, without a word of the plugin. */
  async #startOne(plugin: HookPlugin): Promise<void> {
    const { clock } = this.#context
    const starting = plugin.lifecycle.after_startup?.()
    if (!(starting instanceof Promise)) return
    let timer: Timer | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.setTimeout(
        () => reject(new Error(`not through after ${startupLimitMs} ms`)),
        startupLimitMs
      )
    })
    try {
      await Promise.race([starting, late])
    } finally {
      if (timer !== undefined) clock.clearTimeout(timer)
    }
  }

  async #stopAll(): Promise<void> {
    // A plugin that is starting has begun to hold what `before_stop` gives back.
    await this.#starting?.catch(() => {})
    await Promise.all(this.#started.map((plugin) => this.#stopOne(plugin)))
  }

  async #stopOne(plugin: HookPlugin): Promise<void> {
    try {
      await plugin.lifecycle.before_stop?.()
    } catch (err) {
      logFailure(
        this.#log,
        'error',
        { hookPlugin: plugin.name, fn: 'before_stop', err },
        'before_stop failed'
      )
    }
  }
}
