import { LookTimer } from '../time/look-timer.js'
import { logFailure } from '../util/logger.js'
import type { DashboardHost } from './host.js'
import type { OwnRow } from './node-row.js'
import type { Nodes } from './nodes.js'
import type { NodeRow, Sample } from './protocol.js'

const secondMs = 1_000

/** A beat that was late brings so many samples of a node at the most. */
const caughtUp = 5

/** Samples of all nodes that who opens the overview gets. */
const keptSamples = 600
const shownSamples = 1_200

/** What all nodes said in one second. */
export interface Beat {
  /** Those that are new. */
  readonly samples: readonly Sample[]
  readonly rows: readonly NodeRow[]
}

type Listener = (beat: Beat) => void

interface Known {
  readonly row: OwnRow
  readonly sample: Sample | null
  readonly lagMs: number
}

/** Asks all nodes how they are, once a second, while anybody listens: once for all who do. */
export class Pulse {
  readonly #host: DashboardHost
  readonly #nodes: Nodes
  readonly #listeners = new Set<Listener>()
  readonly #known = new Map<string, Known>()
  readonly #timer: LookTimer

  constructor(host: DashboardHost, nodes: Nodes) {
    this.#host = host
    this.#nodes = nodes
    this.#timer = new LookTimer(host.clock, () => void this.#beat())
  }

  /** Calls back each second until the result is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#timer.start(secondMs)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#timer.stop()
    }
  }

  /** The last ten minutes of all nodes, the oldest first. */
  async history(): Promise<Sample[]> {
    const { cluster } = this.#host.endpoint
    const nodes = 1 + (cluster?.members.names().length ?? 0)
    const most = Math.ceil(shownSamples / nodes)
    const { answers } = await this.#nodes.ask('pulse', { newest: keptSamples, most })
    const samples = answers.flatMap(({ value }) => value.samples)
    return samples.sort((one, other) => one.at - other.at)
  }

  /** How all nodes are now. */
  async rows(): Promise<readonly NodeRow[]> {
    return (await this.#ask()).rows
  }

  async #ask(): Promise<Beat> {
    const { answers } = await this.#nodes.ask('pulse', { newest: caughtUp, most: caughtUp })
    const fresh: Sample[] = []
    for (const { node, lagMs, value } of answers) {
      const before = this.#known.get(node)?.sample?.at
      const { samples } = value
      // Who has just come has the ones before.
      fresh.push(...(before === undefined ? samples.slice(-1) : samples.filter(({ at }) => at > before)))
      this.#known.set(node, { row: value.row, sample: value.samples.at(-1) ?? null, lagMs })
    }
    const { silent } = this.#nodes
    const heard = new Set(answers.map(({ node }) => node))
    for (const node of this.#known.keys()) {
      if (!heard.has(node) && !silent.has(node)) this.#known.delete(node)
    }
    return { samples: fresh, rows: this.#rows() }
  }

  #rows(): NodeRow[] {
    const { silent } = this.#nodes
    const names = [...new Set([...this.#known.keys(), ...silent.keys()])].sort()
    return names.map((node) => {
      const known = this.#known.get(node)
      const silence = silent.get(node)
      return {
        ...(known?.row ?? { node, host: '', pid: 0, version: '', nodeVersion: '', since: 0 }),
        state: silence?.state ?? known?.row.state ?? 'silent',
        lagMs: silence === undefined ? (known?.lagMs ?? null) : null,
        silentSince: silence?.since ?? null,
        sample: known?.sample ?? null
      }
    })
  }

  async #beat(): Promise<void> {
    try {
      const beat = await this.#ask()
      for (const listener of [...this.#listeners]) listener(beat)
    } catch (err) {
      logFailure(this.#host.log, 'error', { err }, 'the nodes could not be asked for the dashboard')
    }
    if (this.#listeners.size > 0) this.#timer.start(secondMs)
  }
}
