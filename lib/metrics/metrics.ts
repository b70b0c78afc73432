// The room of metrics: what servers of this process count and measure, as Prometheus wants to have it.

import type { MeasuredServer } from './measured-server.js'
import { ProcessMeter } from './process-meter.js'
import { ServerMetrics } from './server-metrics.js'
import { Store } from './store.js'

/** The metrics of all servers that one register shows, and of their process. */
export class Metrics {
  readonly #servers = new Map<object, { readonly metrics: ServerMetrics; users: number }>()
  /** What servers had counted that have closed since: what only grows must not fall. */
  readonly #ended = new Store()
  readonly #ofProcess = new Store()
  readonly #process = new ProcessMeter(this.#ofProcess)
  #total: Store | undefined

  /** Measures a server, until the result is called as often as this was for that server. */
  add(server: MeasuredServer): () => void {
    const key = server.endpoint
    const known = this.#servers.get(key) ?? { metrics: new ServerMetrics(server), users: 0 }
    this.#servers.set(key, known)
    known.users++
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      if (--known.users > 0) return
      this.#servers.delete(key)
      for (const store of known.metrics.read()) this.#ended.add(store, true)
      known.metrics.close()
    }
  }

  /** How many servers are measured. */
  get size(): number {
    return this.#servers.size
  }

  /** All values as they are now. A register asks for one metric after the other: they are read once for all. */
  read(): Store {
    if (this.#total !== undefined) return this.#total
    const total = new Store()
    total.add(this.#ended)
    this.#process.read()
    total.add(this.#ofProcess)
    for (const { metrics } of this.#servers.values()) {
      for (const store of metrics.read()) total.add(store)
    }
    this.#total = total
    queueMicrotask(() => {
      this.#total = undefined
    })
    return total
  }

  close(): void {
    this.#process.close()
  }
}
