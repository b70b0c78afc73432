import { HookStartupFailed } from '../errors.js'
import { oneLine } from '../log/one-line.js'
import type { Clock } from '../time/clock.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import { type Logger, logFailure } from '../util/logger.js'
import { isThenable } from '../util/thenable.js'
import type { HookPlugin } from './define.js'

/** Milliseconds for `after_startup` and `before_stop` of one plugin: less than Fastify waits by default. */
const limitMs = 9_000

/**
 * Starts and stops the hook plugins of one server: each once, however many user channels and mounts
 * have it.
 */
export class PluginLives {
  readonly #starting = new Map<HookPlugin, Promise<void>>()
  readonly #stopping = new Map<HookPlugin, Promise<void>>()

  /** Rejects with PHX_ERR_HOOKS_STARTUP when `after_startup` fails or takes more than nine seconds. */
  start(plugin: HookPlugin, clock: Clock): Promise<void> {
    let starting = this.#starting.get(plugin)
    if (starting === undefined) {
      starting = startOne(plugin, clock)
      this.#starting.set(plugin, starting)
    }
    return starting
  }

  /** Never rejects: what fails or takes more than nine seconds is logged. */
  stop(plugin: HookPlugin, clock: Clock, log: Logger): Promise<void> {
    let stopping = this.#stopping.get(plugin)
    if (stopping === undefined) {
      stopping = stopOne(plugin, clock, log)
      this.#stopping.set(plugin, stopping)
    }
    return stopping
  }
}

async function startOne(plugin: HookPlugin, clock: Clock): Promise<void> {
  try {
    // Fastify would give up on the whole start a little later, without a word of the plugin.
    await inTime(plugin.lifecycle.after_startup?.(), clock)
  } catch (err) {
    throw new HookStartupFailed(plugin.name, oneLine(err), { cause: err })
  }
}

async function stopOne(plugin: HookPlugin, clock: Clock, log: Logger): Promise<void> {
  try {
    await inTime(plugin.lifecycle.before_stop?.(), clock)
  } catch (err) {
    logFailure(log, 'error', { hookPlugin: plugin.name, fn: 'before_stop', err }, 'before_stop failed')
  }
}

async function inTime(work: unknown, clock: Clock): Promise<void> {
  if (!isThenable(work)) return
  const settled = await withinTime(work, limitMs, clock, { keepsProcess: true })
  if (settled === timeIsUp) throw new Error(`not through after ${limitMs} ms`)
}
