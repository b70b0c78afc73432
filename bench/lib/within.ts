import { setTimeout } from 'node:timers/promises'

/**
 * Waits for something that may never come, and no longer than `ms`: resolves with whether it came in
 * time, and rejects when it failed by then. The process is kept until it is known.
 */
export async function within(ms: number, awaited: Promise<void> | void): Promise<boolean> {
  const over = new AbortController()
  const late = setTimeout(ms, false, { signal: over.signal })
  // Ended early it rejects, when nobody waits for it any more.
  late.catch(() => {})
  try {
    return await Promise.race([Promise.resolve(awaited).then(() => true), late])
  } finally {
    over.abort()
  }
}
