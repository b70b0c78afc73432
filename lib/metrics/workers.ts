import type { Registry } from 'prom-client'
import { Siblings } from '../cluster/workers/siblings.js'
import { registerOf, type Shown } from './prometheus.js'

/** Milliseconds that a worker has to say what it has counted: one that is blocked must not hide the others. */
const waitMs = 1000

const workerUp: Omit<Shown, 'values'> = {
  name: 'phoenix_worker_up',
  help: 'Whether the worker has answered this scrape.',
  type: 'gauge',
  aggregator: 'sum'
}

/**
 * The metrics of all workers of this machine, whichever of them is asked. They are told apart by the label `worker`:
 * a sum would fall when one of them is replaced, and Prometheus would take that for the start of all.
 */
export class WorkerMetrics {
  readonly #register: Registry
  readonly #siblings: Siblings<readonly Shown[]>

  /** @param question tells apart what one worker may show in several places */
  constructor(register: Registry, question: string) {
    this.#register = register
    this.#siblings = new Siblings(`metrics:${question}`, () => this.#own())
  }

  /** As `Registry.metrics()`. */
  async text(): Promise<string> {
    const [own, { answers, silent }] = await Promise.all([this.#own(), this.#siblings.ask(waitMs)])
    answers.set(this.#siblings.number, own)
    const merged = new Map<string, Shown>()
    const all = [...answers].sort(([a], [b]) => a - b)
    for (const [worker, shown] of all) for (const metric of shown) merge(merged, metric, worker)
    const up = [
      ...all.map(([worker]) => [worker, 1] as const),
      ...silent.map((worker) => [worker, 0] as const)
    ]
    const values = up.map(([worker, value]) => ({ labels: { worker }, value }))
    merged.set(workerUp.name, { ...workerUp, values })
    return registerOf([...merged.values()], this.#register.contentType).metrics()
  }

  close(): void {
    this.#siblings.close()
  }

  async #own(): Promise<readonly Shown[]> {
    return (await this.#register.getMetricsAsJSON()) as unknown as readonly Shown[]
  }
}

function merge(merged: Map<string, Shown>, metric: Shown, worker: number): void {
  const values = metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker } }))
  const known = merged.get(metric.name)
  merged.set(metric.name, { ...metric, values: known === undefined ? values : [...known.values, ...values] })
}
