import type { PhoenixPush } from './phoenix.js'

/**
 * Has phoenix.js forget a push, its timer and its binding. Relies on `trigger` of a push, which every version from 1.2
 * to 1.8 has and no documentation names. Without it they go by themselves when the time of the push is up.
 */
export function dropPush(push: PhoenixPush): void {
  const { trigger } = push as { trigger?: unknown }
  if (typeof trigger === 'function') trigger.call(push, 'timeout', {})
}
