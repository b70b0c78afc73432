// The room of hooks: functions of the application that clients call, from their definition to their result.
import type { Limits } from '../limits/limits.js'
import { Once } from '../once/once.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { SessionContext } from './context.js'
import type { HookPlugin } from './define.js'
import { PluginLives } from './plugin-lives.js'
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
  /** Of the server, so that a plugin which several user channels have is started once. Default: of its own. */
  readonly lives?: PluginLives | undefined
  /** Of the server, what is known of calls that run once. Default: of its own. */
  readonly once?: Once | undefined
}

/** All hook plugins of one user channel. */
export class Hooks {
  readonly #context: SessionContext
  readonly #log: Logger
  readonly #lives: PluginLives
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
    const { plugins, limits, clock, log, once = new Once(clock) } = options
    this.#context = { registry: new HookRegistry(plugins), limits, clock, once }
    this.#log = log
    this.#lives = options.lives ?? new PluginLives()
    this.followsUsers = plugins.some(
      ({ lifecycle }) => lifecycle.after_user_joined !== undefined || lifecycle.after_user_left !== undefined
    )
  }

  /**
   * Runs the `after_startup` of the plugins, one after the other; once, however often it is called, and
   * for however many channels of the server.
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
   * what fails or takes more than nine seconds is logged.
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
      await this.#lives.start(plugin, this.#context.clock)
      this.#started.push(plugin)
    }
  }

  async #stopAll(): Promise<void> {
    // A plugin that is starting has begun to hold what `before_stop` gives back.
    await this.#starting?.catch(() => {})
    const { clock } = this.#context
    await Promise.all(this.#started.map((plugin) => this.#lives.stop(plugin, clock, this.#log)))
  }
}
