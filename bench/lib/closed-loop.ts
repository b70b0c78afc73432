import { createHistogram } from 'node:perf_hooks'
import type { Work } from './work.js'

/** Called once a call was answered; with an error when it was refused or the connection broke. */
export type Answered = (error?: Error) => void

/** One connection of the load. */
export interface HookClient {
  /** Calls the hook; any number of calls may be in flight. */
  call(answered: Answered): void
  close(): Promise<void> | void
}

/** How long answers may take after the time was up, before the run is given up. */
const silenceLimitMs = 60_000

/**
 * Keeps `inFlight` calls open on each client for `ms` milliseconds: whenever one is answered the next
 * is made. Every call counts, those answered after the time was up included.
 */
export async function closedLoop(clients: HookClient[], inFlight: number, ms: number): Promise<Work> {
  const latency = createHistogram()
  const start = performance.now()
  const end = start + ms
  let operations = 0
  let open = clients.length * inFlight
  let failed = false

  await new Promise<void>((resolve, reject) => {
    const finish = (error?: Error): void => {
      clearTimeout(silence)
      failed = error !== undefined
      if (error) reject(error)
      else resolve()
    }
    const silence = setTimeout(
      () => finish(new Error(`${open} calls were not answered`)),
      ms + silenceLimitMs
    )
    // One closure a slot instead of one a call keeps the generator's own garbage out of the latencies.
    const fill = (client: HookClient): void => {
      let sent = performance.now()
      const answered: Answered = (error) => {
        if (error) finish(error)
        if (failed) return
        const now = performance.now()
        latency.record(Math.max(1, Math.round((now - sent) * 1e6)))
        operations++
        if (now < end) {
          sent = now
          client.call(answered)
        } else if (--open === 0) finish()
      }
      client.call(answered)
    }
    for (const client of clients) for (let i = 0; i < inFlight; i++) fill(client)
  })
  return { operations, seconds: (performance.now() - start) / 1000, latency }
}
