import type { PubSub, Subscriber } from '../pubsub/pubsub.js'

/** See `ClusterNode.hear`: wants the topic until `confirm` resolves and what that gives is called. */
export function hear(
  pubsub: PubSub,
  topic: string,
  confirm: () => Promise<void> | undefined
): Promise<() => void> | undefined {
  const listener: Subscriber = { deliver: () => {} }
  pubsub.subscribe(topic, listener)
  const release = (): void => pubsub.unsubscribe(topic, listener)
  const confirming = confirm()
  if (confirming !== undefined) return confirming.then(() => release)
  release()
  return undefined
}
