import type { EndpointServer } from '../endpoint/endpoint-server.js'
import { InvalidOption } from '../errors.js'
import { excerpt } from '../log/excerpt.js'
import type { NodeOutlet } from './diff-feed.js'
import { decodeOps } from './ops.js'
import { type PresenceNodes, presenceSignal, Replication } from './replication.js'
import type { ReplicationSizes } from './sizes.js'
import type { Change, Tracker } from './tracker.js'

/** A tracker with a name, as its node has to do with it. */
export interface NamedPresence {
  readonly name: string
  readonly tracker: Tracker
  readonly sizes: ReplicationSizes
  /** Diffs go out through the outlet alone from now on, and own changes to the others. */
  connect(outlet: NodeOutlet, changed: (change: Change) => void): void
  /** It is no node's any more. */
  release(): void
}

/** The trackers with a name on one node, and those of other nodes that they speak to. */
export class NodePresences {
  readonly #endpoint: EndpointServer
  readonly #presences = new Map<string, NamedPresence>()
  readonly #unnamed = new Set<Tracker>()
  readonly #replications = new Map<string, Replication>()
  /** What ends the talk with other nodes; undefined before it began. */
  #stop: (() => void) | undefined

  constructor(endpoint: EndpointServer) {
    this.#endpoint = endpoint
  }

  /** Notes a tracker without a name, which channels of this node use. */
  note(tracker: Tracker): void {
    this.#unnamed.add(tracker)
  }

  /** All trackers; those with a name hold the presences of other nodes as well. */
  get trackers(): { readonly named: Tracker[]; readonly unnamed: ReadonlySet<Tracker> } {
    return { named: Array.from(this.#presences.values(), ({ tracker }) => tracker), unnamed: this.#unnamed }
  }

  /** Throws `PHX_ERR_OPTION_INVALID` where the node has another one of that name. */
  add(presence: NamedPresence): void {
    const { name } = presence
    if (this.#presences.has(name)) {
      throw new InvalidOption('name', `must be another one: this node has a presence "${excerpt(name)}"`)
    }
    this.#presences.set(name, presence)
    if (this.#endpoint.cluster !== undefined) this.connect()
  }

  /** How many metas the trackers with a name have: of this node, and of others. */
  get counts(): Readonly<Tracker['counts']> {
    const sum = { own: 0, others: 0 }
    for (const { tracker } of this.#presences.values()) {
      sum.own += tracker.counts.own
      sum.others += tracker.counts.others
    }
    return sum
  }

  /** Where the node has become one of a cluster, its trackers show what others have from now on. */
  connect(): void {
    const nodes = this.#endpoint.cluster
    if (nodes === undefined) return
    for (const [name, presence] of this.#presences) {
      if (!this.#replications.has(name)) this.#replicate(nodes, presence)
    }
    this.#stop ??= this.#listen(nodes)
  }

  /** Lets go of all trackers: the node has ended, and another one may have them. */
  release(): void {
    this.#stop?.()
    this.#stop = undefined
    for (const replication of this.#replications.values()) replication.close()
    this.#replications.clear()
    for (const presence of this.#presences.values()) presence.release()
    this.#presences.clear()
    this.#unnamed.clear()
  }

  #replicate(nodes: PresenceNodes, presence: NamedPresence): void {
    const { name, tracker, sizes } = presence
    const replication = new Replication({ name, tracker, nodes, sizes })
    this.#replications.set(name, replication)
    const { pubsub } = this.#endpoint
    const outlet = { endpoint: this.#endpoint, log: nodes.log, isHeard: (topic: string) => pubsub.has(topic) }
    presence.connect(outlet, (change) => replication.changed(change))
    for (const node of nodes.members.names()) replication.up(node)
    if (nodes.isUp) replication.askAll()
  }

  #listen({ members, signals }: PresenceNodes): () => void {
    const each = (call: (replication: Replication) => void): void => {
      for (const replication of this.#replications.values()) call(replication)
    }
    const ends = [
      signals.on(presenceSignal, (node, body) => {
        const message = decodeOps(body)
        this.#replications.get(String(message.head.tracker))?.take(node, message)
      }),
      members.tell(presenceSignal, {
        tell: () => Object.fromEntries(Array.from(this.#replications, ([name, { clock }]) => [name, clock])),
        heard: (node, clocks) => {
          for (const [name, replication] of this.#replications) {
            if (Object.hasOwn(Object(clocks), name)) replication.hear(node, Object(clocks)[name])
          }
        }
      }),
      members.listen({
        up: (node) => each((replication) => replication.up(node)),
        down: (node) => each((replication) => replication.down(node)),
        forgotten: (node) => each((replication) => replication.forgotten(node))
      })
    ]
    return () => {
      for (const end of ends) end()
    }
  }
}

const byEndpoint = new WeakMap<EndpointServer, NodePresences>()

/** The trackers with a name of one node. */
export function presencesOf(endpoint: EndpointServer): NodePresences {
  let presences = byEndpoint.get(endpoint)
  if (presences === undefined) {
    presences = new NodePresences(endpoint)
    byEndpoint.set(endpoint, presences)
  }
  return presences
}
