import type { PhoenixPush } from './phoenix.js'

/** How a channel of phoenix.js hands on what came for it. */
type Trigger = (event: string, payload?: unknown, ref?: unknown, joinRef?: unknown) => unknown

/**
 * Has phoenix.js forget a push, its timer and its binding. Relies on `trigger` of a push, which every version from 1.2
 * to 1.8 has and no documentation names. Without it they go by themselves when the time of the push is up.
 */
export function dropPush(push: PhoenixPush): void {
  const { trigger } = push as { trigger?: unknown }
  if (typeof trigger === 'function') trigger.call(push, 'timeout', {})
}

/**
 * Looks at all that a channel hands on, ahead of everybody: what `isWanted` says no to is heard by nobody. Relies on
 * `trigger` and `joinRef` of a channel, which every version from 1.4 to 1.8 has.
 */
export function sift(
  channel: object,
  isWanted: (event: string, payload: unknown, ref: unknown, isAnswer: boolean) => boolean
): void {
  const inner = channel as { trigger: Trigger; joinRef(): unknown }
  const { trigger } = inner
  inner.trigger = (event, payload, ref, joinRef) => {
    const isAnswer = event === 'phx_reply' && ref === inner.joinRef()
    return isWanted(event, payload, ref, isAnswer)
      ? trigger.call(inner, event, payload, ref, joinRef)
      : undefined
  }
}
