import { createHistogram } from 'node:perf_hooks'
import { setInterval, setTimeout } from 'node:timers/promises'
import type { HookClient } from '../lib/closed-loop.js'
import { connectDataChannel, connectWebSocket } from '../lib/hook-client.js'
import { payload16 } from '../lib/question.js'

/** What the steady clients saw since they were asked before. */
export interface SteadyReport {
  calls: number
  /** Calls that were refused, answered wrongly, or not answered for 30 s. */
  failures: number
  p50Ms: number
  p99Ms: number
  maxMs: number
}

const users = 8
const everyMs = 100
const answerLimitMs = 30_000

/**
 * Well-behaved clients who stay: each calls a hook ten times a second over each transport. They are the
 * measure of what all the others do to the server.
 */
export async function runSteady(url: string): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: users }, (_, i) => [
      connectWebSocket(url, `steady${i}`, payload16),
      connectDataChannel(url, `steady${i}`, payload16)
    ]).flat()
  )
  let latency = createHistogram()
  let failures = 0
  const call = async (client: HookClient): Promise<void> => {
    const began = performance.now()
    const late = new AbortController()
    const answer = new Promise<void>((resolve, reject) =>
      client.call((error) => (error === undefined ? resolve() : reject(error)))
    )
    try {
      const limit = setTimeout(answerLimitMs, undefined, { signal: late.signal }).then(() => {
        throw new Error('no answer')
      })
      limit.catch(() => {})
      await Promise.race([answer, limit])
      latency.record(Math.max(1, Math.round((performance.now() - began) * 1e3)))
    } catch (error) {
      failures++
      process.stderr.write(`steady client: ${error}\n`)
    } finally {
      late.abort()
    }
  }
  process.on('message', () => {
    const report: SteadyReport = {
      calls: latency.count,
      failures,
      p50Ms: latency.percentile(50) / 1e3,
      p99Ms: latency.percentile(99) / 1e3,
      maxMs: latency.max / 1e3
    }
    if (latency.count === 0) Object.assign(report, { p50Ms: 0, p99Ms: 0, maxMs: 0 })
    latency = createHistogram()
    failures = 0
    process.send?.(report)
  })
  process.send?.('ready')
  for await (const _ of setInterval(everyMs)) for (const client of clients) void call(client)
}
