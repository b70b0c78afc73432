// The room of the dashboard: what each node records and tells of itself, all nodes together, and the channels that
// show it to a page.
import type { ChannelDefinition } from '../channel/channel.js'
import { Follows } from './follows.js'
import type { DashboardHost } from './host.js'
import { Nodes } from './nodes.js'
import { Pulse } from './pulse.js'
import { Recorder } from './recorder.js'
import { Reports } from './reports.js'
import { viewsOf } from './views.js'

export interface DashboardOptions {
  readonly host: DashboardHost
  /** Of this package. */
  readonly version: string
  /** Whether sockets may be disconnected, peers closed and messages broadcast. */
  readonly actions: boolean
  /** Whether one comes in with a token, and can sign out. */
  readonly signsIn: boolean
}

/** The dashboard of one server: it records from now on, and shows its node and all others. */
export class Dashboard {
  /** The channels of its socket, by topic. */
  readonly channels: Readonly<Record<string, ChannelDefinition>>
  readonly #recorder: Recorder
  readonly #nodes: Nodes

  constructor({ host, version, actions, signsIn }: DashboardOptions) {
    host.endpoint.keepsAddresses = true
    const follows = new Follows(host.endpoint)
    this.#recorder = new Recorder(host)
    const reports = new Reports({ host, recorder: this.#recorder, follows, version, actions })
    this.#nodes = new Nodes({ host, reports })
    const pulse = new Pulse(host, this.#nodes)
    const nodes = this.#nodes
    this.channels = viewsOf({ host, nodes, pulse, follows, version, actions, signsIn })
  }

  /** Records nothing any more. */
  stop(): void {
    this.#nodes.close()
    this.#recorder.stop()
  }
}
