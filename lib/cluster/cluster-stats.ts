import type { UnknownEnvelope } from './envelope.js'

/** What a node has sent to others and got from them, counted since its start. */
export interface ClusterStats {
  /** `down` while the engine cannot be reached, and `deaf` while this node does not hear what it says to itself. */
  readonly state: 'up' | 'down' | 'deaf'
  /** Milliseconds that this node's last message to itself took through the engine, or has taken so far. */
  readonly lagMs: number
  /** What waits for the engine. */
  readonly outbox: { readonly messages: number; readonly bytes: number }
  /** Channels of the engine that this node is subscribed to. */
  readonly subscriptions: number
  /** How often the engine went away. */
  readonly interruptions: number
  /** How often all was subscribed anew as this node was deaf. */
  readonly renewals: number
  /** Messages that the engine took. */
  readonly published: number
  /** Messages that it did not take, as too much waited or it was away. */
  readonly dropped: number
  /** Broadcasts of other nodes that were delivered here. */
  readonly delivered: number
  /** Joins that went on before the engine had confirmed their topic. */
  readonly lateJoins: number
  /** Messages that were passed over, by why: most come from nodes of another version. */
  readonly unknown: Readonly<Record<'foreign' | 'version' | 'kind' | 'form' | 'garbled' | 'signal', number>>
}

/** Where these are counted. */
export class ClusterCounters {
  interruptions = 0
  renewals = 0
  published = 0
  dropped = 0
  delivered = 0
  readonly unknown: Record<UnknownEnvelope['why'] | 'signal', number> = {
    foreign: 0,
    version: 0,
    kind: 0,
    form: 0,
    garbled: 0,
    signal: 0
  }
}
