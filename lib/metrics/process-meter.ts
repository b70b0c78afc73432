import { totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Store } from './store.js'

/** Milliseconds between two looks at the event loop. */
const lookMs = 20

/** A process that was stopped for hours is not to be caught up with one look after the other. */
const longestCatchUp = 1000

/** What is of the process, however many servers it has. */
export class ProcessMeter {
  readonly #store: Store
  readonly #memoryLimit = memoryLimit()
  readonly #timer: NodeJS.Timeout
  #lookedAt = performance.now()

  constructor(store: Store) {
    this.#store = store
    const delays = store.buckets('eventLoopDelay')
    this.#timer = setInterval(() => {
      const now = performance.now()
      const delay = Math.max(0, now - this.#lookedAt - lookMs)
      this.#lookedAt = now
      // Looks that a long delay has swallowed would have waited, too: without them it would hardly be seen.
      const swallowed = Math.min(Math.floor(delay / lookMs), longestCatchUp)
      for (let missed = 0; missed <= swallowed; missed++) delays.observe((delay - missed * lookMs) / 1000)
    }, lookMs)
    this.#timer.unref()
  }

  /** Brings up to date what is looked at when somebody asks. */
  read(): void {
    const store = this.#store
    const { user, system } = process.cpuUsage()
    store.set('cpu', user / 1e6, 'user')
    store.set('cpu', system / 1e6, 'system')
    store.set('eventLoopBusy', performance.eventLoopUtilization().active / 1000)
    const { rss, heapUsed } = process.memoryUsage()
    store.set('residentMemory', rss)
    store.set('heapUsed', heapUsed)
    store.set('heapLimit', getHeapStatistics().heap_size_limit)
    store.set('memoryLimit', this.#memoryLimit)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** Without a container's limit Node tells of one that no machine has, or of none. */
function memoryLimit(): number {
  const all = totalmem()
  const limit = process.constrainedMemory() ?? 0
  return limit > 0 && limit < all ? limit : all
}
