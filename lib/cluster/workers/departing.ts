import cluster from 'node:cluster'
import { isObject } from '../../util/is-object.js'

/** What a primary says to its workers over the channel of node:cluster: all of them are about to be drained. */
export const departing = Object.freeze({ fastifyPhoenix: 'departing' })

/** Hears it in a worker, until the result is called. */
export function onDeparting(callback: () => void): () => void {
  if (!cluster.isWorker) return () => {}
  const hear = (message: unknown): void => {
    if (isObject(message) && message.fastifyPhoenix === departing.fastifyPhoenix) callback()
  }
  process.on('message', hear)
  return () => process.off('message', hear)
}
