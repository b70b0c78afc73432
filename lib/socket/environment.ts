import type { ChannelDefinition } from '../channel/channel.js'
import type { ConnectTrace } from '../diagnostics/events.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { Limits } from '../limits/limits.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { Refusals } from '../log/refusals.js'
import type { PeerSupply } from '../peers/peer-factory.js'
import type { Assigns } from '../protocol/assigns.js'
import type { Serializer } from '../protocol/serializer/serializer.js'
import type { TopicRouter } from '../protocol/topic.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { Drainable } from './drainer.js'
import type { LastWords } from './last-words.js'

/** What every socket of one mount shares. */
export interface SocketEnvironment {
  /** Of the mount. */
  readonly path: string
  readonly endpoint: EndpointServer
  /** The sockets that are open. */
  readonly sockets: Set<Drainable>
  /** Those that have closed, and are not through yet with what their clients had sent. */
  readonly lastWords: LastWords
  readonly clock: Clock
  readonly log: Logger
  /** Says why something was refused. */
  readonly refusals: Refusals
  readonly limits: Readonly<Limits>
  readonly peers: PeerSupply
  readonly channels: TopicRouter<ChannelDefinition>
  /** Channels that one socket may join; 0 is no limit. */
  readonly maxChannels: number
}

/** What `connect` decided about one socket. */
export interface SocketIdentity {
  readonly id: string | null
  readonly assigns: Assigns
  readonly serializer: Serializer
  readonly budget: UserBudget
  readonly expiresAt: number | undefined
  /** Where its client connected from; undefined where nobody wants to know. */
  readonly address?: string | undefined
  /** What was told of its connect, where somebody listened. */
  readonly connect?: ConnectTrace | undefined
  /** Gives back the place among the sockets of its user: the connection is being closed. */
  release?(): void
}
