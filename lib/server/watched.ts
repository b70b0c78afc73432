import cluster from 'node:cluster'
import { isObject } from '../util/is-object.js'

/** Milliseconds after which nobody is taken to look at readiness any more. */
const watchedMs = 30_000

/** Milliseconds between two messages of a worker to its primary about it. */
const tellMs = 5_000

/**
 * Milliseconds for which a server that is watched says that it is not ready, and serves on. It has to be drained and
 * closed within its ten seconds, too.
 */
const noticeMs = 2_000

const looked = { watched: true } as const

let lastLook = Number.NEGATIVE_INFINITY
let lastTold = Number.NEGATIVE_INFINITY

/** Somebody has asked whether this process is ready. */
export function noteLook(): void {
  lastLook = performance.now()
  if (cluster.isPrimary || lastLook - lastTold < tellMs) return
  lastTold = lastLook
  // A worker that is being drained has left its primary, and may still be asked.
  if (process.connected) process.send?.(looked, undefined, {}, () => {})
}

/** In a primary: whether it is a worker's word that somebody has asked. */
export function isLook(message: unknown): boolean {
  return isObject(message) && message.watched === looked.watched
}

/** How long to wait, so that a load balancer finds out; where none looks there is nothing to wait for. */
export function noticeTime(): number {
  return performance.now() - lastLook < watchedMs ? noticeMs : 0
}
