import cluster from 'node:cluster'
import { isObject } from '../../util/is-object.js'

/** What a primary says over the channel of node:cluster to a worker that is soon to be drained. */
export const Departing = {
  /** All are, and the port with them. */
  all: Object.freeze({ fastifyPhoenix: 'departing' }),
  /** This one is, and another one has its place already. */
  one: Object.freeze({ fastifyPhoenix: 'retiring' })
} as const

/** Longer than a primary waits from {@link Departing.one} to the signal that drains the worker. */
const untilSignalMs = 5_000

/** Hears it in a worker, until the result is called. */
export function onDeparting(callback: (isAll: boolean) => void): () => void {
  if (!cluster.isWorker) return () => {}
  const hear = (message: unknown): void => {
    if (!isObject(message)) return
    const { fastifyPhoenix: word } = message
    if (word === Departing.all.fastifyPhoenix) callback(true)
    if (word !== Departing.one.fastifyPhoenix) return
    callback(false)
    // The channel to the primary ends, and with it what may be all that keeps a worker without clients.
    setTimeout(() => {}, untilSignalMs)
  }
  process.on('message', hear)
  return () => process.off('message', hear)
}
