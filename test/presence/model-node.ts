import { Presence as ClientPresence } from 'phoenix'
import { ClusterNode } from '../../lib/cluster/cluster-node.js'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import { presencesOf } from '../../lib/presence/node-presences.js'
import { attachPresence, Presence, type PresenceChannel } from '../../lib/presence/presence.js'
import type { ReplicationSizes } from '../../lib/presence/sizes.js'
import type { PresenceDiff, PresenceFetch, PresenceState } from '../../lib/presence/types.js'
import type { JsonText } from '../../lib/protocol/serializer/json.js'
import type { Delivery } from '../../lib/pubsub/delivery.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import type { ModelAdapter, ModelNetwork } from '../fixtures/model-network.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

export const topics = ['room:1', '__proto__'] as const

/** A server with its clients, on a clock and a network of the test. */
export class ModelNode {
  readonly clock = new FakeClock()
  readonly log = new RecordingLogger()
  readonly endpoint = new EndpointServer()
  readonly adapter: ModelAdapter
  readonly cluster: ClusterNode
  readonly presence: Presence
  readonly clients = new Set<ModelClient>()
  readonly problems: string[] = []
  /** Refs that a client could know, with the order in which they were first told. */
  readonly told = new Map<string, number>()
  isAttached = false
  /** Milliseconds for which it has stood still; undefined while it runs. */
  stalled: number | undefined
  readonly #sizes: ReplicationSizes

  constructor(network: ModelNetwork, sizes: ReplicationSizes, isEager: boolean, fetch?: PresenceFetch) {
    const { clock, log, endpoint } = this
    this.#sizes = sizes
    this.adapter = network.adapter()
    const { adapter } = this
    this.cluster = new ClusterNode({ name: endpoint.node, adapter, pubsub: endpoint.pubsub, clock, log })
    endpoint.cluster = this.cluster
    const onDiff = (_topic: string, diff: PresenceDiff): void => this.#diff(diff)
    this.presence = new Presence({ name: 'rooms', clock, onDiff, ...(fetch && { fetch }) })
    if (isEager) this.attach()
  }

  attach(): void {
    this.isAttached = true
    attachPresence(this.presence, this.endpoint, this.#sizes)
  }

  /** What clients are shown. */
  tell(state: PresenceState): void {
    for (const ref of refsOf(state)) if (!this.told.has(ref)) this.told.set(ref, this.told.size)
  }

  async end(): Promise<void> {
    await this.cluster.close()
    presencesOf(this.endpoint).release()
  }

  #diff({ joins, leaves }: PresenceDiff): void {
    this.tell(joins)
    for (const ref of refsOf(leaves))
      if (!this.told.has(ref)) this.problems.push(`${ref} left and never joined`)
  }
}

interface Own {
  readonly topic: string
  readonly key: string
  readonly ref: string
}

/** A channel that is tracked, and phoenix.js's `Presence` at its other end. */
export class ModelClient implements PresenceChannel {
  readonly topic: string
  readonly endpoint: EndpointServer
  readonly log: RecordingLogger
  /** What it has, as its server said. */
  readonly own = new Map<string, Own>()
  readonly #node: ModelNode
  readonly #controller = new AbortController()
  readonly #handlers = new Map<string, (payload: unknown) => void>()
  readonly #view: ClientPresence
  readonly #seen = new Set<string>()
  readonly #keys = new Set<string>()
  #synced = 0

  constructor(node: ModelNode, topic: string) {
    this.#node = node
    this.topic = topic
    this.endpoint = node.endpoint
    this.log = node.log
    const channel = {
      on: (event: string, handler: (payload: unknown) => void) => this.#handlers.set(event, handler),
      joinRef: () => '1'
    }
    this.#view = new ClientPresence(channel as never)
    this.#view.onJoin((key) => this.#keys.add(String(key)))
    this.#view.onLeave((key, _current, left) =>
      this.#left(String(key), { [String(key)]: left } as PresenceState)
    )
    node.attach()
    node.clients.add(this)
    node.endpoint.pubsub.subscribe(topic, this)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What phoenix.js holds, as keys with their refs. */
  get held(): string {
    const entries = this.#view.list(
      (key, { metas }) => [key, metas.map(({ phx_ref }: { phx_ref: string }) => phx_ref)] as const
    )
    return canonical(entries)
  }

  /** Gets the list, which a client waits for. */
  sync(): void {
    void this.#node.presence.pushState(this)
  }

  track(key: string, meta: object): void {
    const result = this.#node.presence.track(this, key, meta)
    if (result.ok) this.own.set(key, { topic: this.topic, key, ref: result.ref })
  }

  update(key: string, meta: object): void {
    const result = this.#node.presence.update(this, key, meta)
    if (result.ok) this.own.set(key, { topic: this.topic, key, ref: result.ref })
  }

  untrack(key: string): void {
    this.#node.presence.untrack(this, key)
    this.own.delete(key)
  }

  end(): void {
    this.#node.clients.delete(this)
    this.endpoint.pubsub.unsubscribe(this.topic, this)
    this.own.clear()
    this.#controller.abort()
  }

  push(_event: string, payload: object): void {
    const state = JSON.parse((payload as JsonText).text) as PresenceState
    this.#node.tell(state)
    this.#synced = this.#node.told.size
    for (const ref of refsOf(state)) this.#seen.add(ref)
    this.#handlers.get('presence_state')?.(state)
  }

  deliver({ broadcast }: Delivery): void {
    const diff = JSON.parse((broadcast.payload as JsonText).text) as PresenceDiff
    for (const ref of refsOf(diff.joins)) this.#seen.add(ref)
    this.#handlers.get('presence_diff')?.(diff)
  }

  defer(callback: () => unknown): void {
    queueMicrotask(callback)
  }

  /** What left was seen, or had left before the client was there and is told late. */
  #left(key: string, left: PresenceState): void {
    const { problems, told } = this.#node
    if (!this.#keys.has(key)) problems.push(`a client saw ${key} leave that had never joined`)
    for (const ref of refsOf(left)) {
      const isLate = (told.get(ref) ?? Number.POSITIVE_INFINITY) < this.#synced
      if (!this.#seen.has(ref) && !isLate) problems.push(`a client saw ${ref} leave that had never joined`)
    }
  }
}

function refsOf(state: PresenceState): string[] {
  return Object.values(state).flatMap(({ metas }) => metas.map(({ phx_ref }) => phx_ref))
}

/** Keys with their refs, whatever order they come in. */
export function canonical(entries: Iterable<readonly [key: string, refs: readonly string[]]>): string {
  const lines = Array.from(entries, ([key, refs]) => `${key}: ${[...refs].sort().join()}`)
  return lines.sort().join('\n')
}

/** What lists have to show of a topic. */
export function truthOf(topic: string, nodes: Iterable<ModelNode>): string {
  const refs = new Map<string, string[]>()
  for (const { clients } of nodes) {
    for (const { own } of clients) {
      for (const { topic: of, key, ref } of own.values()) {
        if (of === topic) refs.set(key, [...(refs.get(key) ?? []), ref])
      }
    }
  }
  return canonical(refs)
}

export async function listOf(topic: string, { presence }: ModelNode): Promise<string> {
  const state = await presence.list(topic)
  return canonical(
    Object.entries(state).map(([key, { metas }]) => [key, metas.map(({ phx_ref }) => phx_ref)])
  )
}
