import type { Limits } from '../limits/limits.js'
import type { Once } from '../once/once.js'
import type { Clock } from '../time/clock.js'
import type { HookRegistry } from './registry.js'

/** What the sessions of one `Hooks` have in common. */
export interface SessionContext {
  readonly registry: HookRegistry
  readonly limits: Readonly<Limits>
  readonly clock: Clock
  /** Of calls with a key. */
  readonly once: Once
}
