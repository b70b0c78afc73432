import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { HookClient } from './closed-loop.js'

/** How long answers may take after the last call, before the run is given up. */
const silenceLimitMs = 60_000

/**
 * Makes a call on each client every `intervalMs` for `ms` milliseconds, whether or not those before are
 * answered, and waits for all answers: what holds up one call must not keep the next from being made.
 * Returns the latencies, in nanoseconds.
 */
export async function steadyLoad(
  clients: readonly HookClient[],
  intervalMs: number,
  ms: number
): Promise<RecordableHistogram> {
  const latency = createHistogram()
  const calls = Math.round(ms / intervalMs)
  let left = calls * clients.length
  await new Promise<void>((resolve, reject) => {
    const silence = setTimeout(
      () => finish(new Error(`${left} calls were not answered`)),
      ms + silenceLimitMs
    )
    const finish = (error?: Error): void => {
      clearTimeout(silence)
      clearInterval(ticks)
      if (error === undefined) resolve()
      else reject(error)
    }
    const call = (client: HookClient): void => {
      const sent = performance.now()
      client.call((error) => {
        if (error !== undefined) return finish(error)
        latency.record(Math.max(1, Math.round((performance.now() - sent) * 1e6)))
        if (--left === 0) finish()
      })
    }
    const start = performance.now()
    let made = 0
    const ticks = setInterval(() => {
      const due = Math.min(calls, Math.floor((performance.now() - start) / intervalMs) + 1)
      for (; made < due; made++) for (const client of clients) call(client)
      if (made === calls) clearInterval(ticks)
    }, intervalMs)
  })
  return latency
}
