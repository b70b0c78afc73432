import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { ChurnReport } from './churn.js'
import { ClientProcess } from './client-process.js'

/** Longer than ICE waits for a client's consent (30 s, RFC 7675). */
const frozenMs = 45_000

/** What happened to the clients that come and go. */
export interface Faults extends ChurnReport {
  killed: number
  frozen: number
}

/**
 * Keeps processes of clients that come and go running, kills one every few seconds, and now and then
 * freezes one for longer than a peer lives without its client. Runs until the signal fires; no process is
 * left then.
 */
export async function runFaults(url: string, signal: AbortSignal): Promise<Faults> {
  const faults: Faults = { opened: 0, failed: 0, killed: 0, frozen: 0 }
  const frozen = new Set<ClientProcess>()
  const thawing: Promise<void>[] = []
  let clients = await ClientProcess.start('churn', url)
  const pause = (ms: number): Promise<void> => setTimeout(ms, undefined, { signal }).catch(() => {})
  const freeze = async (stopped: ClientProcess): Promise<void> => {
    stopped.freeze()
    frozen.add(stopped)
    faults.frozen++
    await pause(frozenMs)
    await stopped.kill()
    frozen.delete(stopped)
  }
  while (!signal.aborted) {
    await pause(4000 + randomInt(8000))
    const { opened, failed } = await clients.report<ChurnReport>()
    faults.opened += opened
    faults.failed += failed
    if (frozen.size === 0 && !signal.aborted) {
      thawing.push(freeze(clients))
    } else {
      await clients.kill()
      faults.killed++
    }
    if (!signal.aborted) clients = await ClientProcess.start('churn', url)
  }
  await clients.kill()
  await Promise.all(thawing)
  return faults
}
