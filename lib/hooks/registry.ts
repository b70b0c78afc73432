import { HookDefinitionInvalid, HookPluginDuplicate } from '../errors.js'
import type { Hook } from './compile.js'
import { type HookPlugin, hooksOf } from './define.js'
import { isReservedName } from './names.js'
import { failures, type HookFailure } from './results.js'

/** Finds hooks by (plugin, function). Names come from clients: nothing is ever looked up on an object. */
export class HookRegistry {
  readonly #plugins = new Map<string, HookPlugin>()
  readonly #hooks = new Map<string, ReadonlyMap<string, Hook>>()

  /**
   * Throws `PHX_ERR_HOOKS_DUPLICATE` for two plugins of one name, `PHX_ERR_HOOKS_DEFINITION` for what
   * `defineHooks` has not made.
   */
  constructor(plugins: readonly HookPlugin[]) {
    for (const plugin of plugins) {
      const hooks = hooksOf(plugin)
      if (hooks === undefined) {
        throw new HookDefinitionInvalid(typeof plugin, 'it must come from defineHooks')
      }
      if (this.#plugins.has(plugin.name)) throw new HookPluginDuplicate(plugin.name)
      this.#plugins.set(plugin.name, plugin)
      this.#hooks.set(plugin.name, hooks)
    }
  }

  /** All plugins in the order in which they were given. */
  get plugins(): Iterable<HookPlugin> {
    return this.#plugins.values()
  }

  find(plugin: string, fn: string): Hook | undefined {
    return this.#hooks.get(plugin)?.get(fn)
  }

  /** What to answer where {@link find} finds nothing. */
  missing(plugin: string, fn: string): HookFailure {
    if (!this.#plugins.has(plugin)) return failures.notFound
    return isReservedName(fn) ? failures.reservedName : failures.notImplemented
  }
}
