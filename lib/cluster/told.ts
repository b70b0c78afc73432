import { diagnostics } from '../diagnostics/diagnostics.js'
import type { ClusterStateEvent, EngineDeliverEvent } from '../diagnostics/events.js'
import type { Logger } from '../util/logger.js'
import type { ClusterAdapter } from './adapter.js'
import type { Envelope } from './envelope.js'
import type { MemberListener, Members } from './members.js'

interface ToldNode {
  readonly name: string
  readonly members: Members
  readonly log: Logger
}

/** @param about the node that came or went, or what is wrong */
export function tellState(
  { name, members }: ToldNode,
  state: ClusterStateEvent['state'],
  about: { other?: string; problem?: string | undefined } = {}
): void {
  const { clusterState } = diagnostics
  if (!clusterState.hasSubscribers) return
  const { other, problem } = about
  // Members tell of one that has ended while it is still among them.
  const others = members.names().filter((each) => state !== 'node_down' || each !== other).length
  clusterState.publish({ node: name, state, other, problem, others })
}

/** Tells of other nodes; one that falls silent without a word is worth a line. */
export function tellMembers(node: ToldNode): MemberListener {
  const silent = new Set<string>()
  return {
    up(other) {
      tellState(node, 'node_up', { other })
      if (silent.delete(other)) node.log.info({ node: node.name, other }, 'another node is heard again')
    },
    down(other, problem) {
      tellState(node, 'node_down', { other, problem })
      if (problem !== 'silent') return
      silent.add(other)
      node.log.warn(
        { node: node.name, other },
        'nothing is heard of another node; its presences are left out'
      )
    },
    forgotten: (other) => silent.delete(other)
  }
}

export function tellDeaf(node: ToldNode, silentMs: number): void {
  tellState(node, 'deaf', { problem: `nothing heard for ${Math.round(silentMs)} ms` })
  node.log.warn({ node: node.name, silentMs }, 'a node hears nothing of its cluster; subscribing anew')
}

export function tellHearing(node: ToldNode): void {
  tellState(node, 'up')
  node.log.info({ node: node.name }, 'a node hears its cluster again')
}

export function tellEngine(node: ToldNode, state: 'up' | 'down', problem: Error | undefined): void {
  tellState(node, state, { problem: problem?.message })
  const { name, log } = node
  if (state === 'up') log.info({ node: name }, 'the engine of the cluster is back')
  else
    log.warn({ node: name, err: problem }, 'the engine of the cluster cannot be reached; own clients go on')
}

/** Gives a message to the engine, which may not take it. */
export function publish(
  adapter: Pick<ClusterAdapter, 'publish'>,
  node: string,
  kind: Envelope['kind'],
  channel: string,
  bytes: Uint8Array
): boolean {
  const taken = adapter.publish(channel, bytes)
  const { enginePublish } = diagnostics
  if (enginePublish.hasSubscribers) enginePublish.publish({ node, kind, bytes: bytes.length, taken })
  return taken
}

/** Delivers what another node has sent; for where somebody listens. */
export function toldDelivery(
  node: string,
  envelope: Envelope,
  bytes: number,
  deliver: (told: EngineDeliverEvent) => void
): void {
  const { kind, publisher: from, trace: traceparent } = envelope
  const { topic, event } = kind === 'broadcast' ? envelope : { topic: undefined, event: undefined }
  const told: EngineDeliverEvent = { node, from, kind, bytes, topic, event, traceparent }
  diagnostics.engineDeliver.runStores(told, () => deliver(told))
}
