import { createHistogram } from 'node:perf_hooks'
import { Pacer } from '../../lib/load/measure/pacer.js'
import { systemClock } from '../../lib/time/clock.js'
import { closedLoop, type HookClient } from './closed-loop.js'
import {
  type ConnectHookClient,
  closeHookClients,
  connectHookClients,
  type HookSize,
  textOf
} from './hook-load.js'
import type { Load, Subject } from './question.js'
import type { Work } from './work.js'

/** For how long it is found out what a server can do. */
const fullLoadMs = 3000

/** Hook calls at half the rate that the server was seen to answer, as the load of a subject. */
export function halfLoad(connect: ConnectHookClient): Subject<HookSize>['open'] {
  return async (url, size): Promise<Load> => {
    const value = textOf(size.bytes)
    const clients = await connectHookClients(size.clients, (userId) => connect(url, userId, value))
    await closedLoop(clients, size.inFlight, fullLoadMs)
    const { operations, seconds } = await closedLoop(clients, size.inFlight, fullLoadMs)
    const rate = operations / seconds / 2
    return {
      run: (ms) => openLoop(clients, rate, ms),
      close: () => closeHookClients(clients)
    }
  }
}

/** Latency counts from the moment in which a call was meant to be made. */
async function openLoop(clients: readonly HookClient[], rate: number, ms: number): Promise<Work> {
  const latency = createHistogram()
  const start = performance.now()
  const pacer = new Pacer({ clock: systemClock, rate, durationMs: ms })
  let sent = 0
  let answered = 0
  await new Promise<void>((resolve, reject) => {
    let isOver = false
    const check = (): void => {
      if (isOver && answered === sent) resolve()
    }
    const call = (intendedAt: number): void => {
      const client = clients[sent++ % clients.length] as HookClient
      client.call((error) => {
        if (error) return reject(error)
        answered++
        latency.record(Math.max(1, Math.round((performance.now() - intendedAt) * 1e6)))
        check()
      })
    }
    pacer.run(call).then(() => {
      isOver = true
      check()
    }, reject)
  })
  return { operations: answered, seconds: (performance.now() - start) / 1000, latency }
}
