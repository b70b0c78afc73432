import type { PubSub } from '../pubsub/pubsub.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { ClusterAdapter } from './adapter.js'

export interface ClusterNodeOptions {
  /** New at every start: a restarted node is another one. */
  readonly name: string
  readonly adapter: ClusterAdapter
  readonly pubsub: PubSub
  readonly clock: Clock
  readonly log: Logger
}
