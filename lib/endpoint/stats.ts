import type { ClusterStats } from '../cluster/cluster-stats.js'
import { PeerCounters, type PeerStats } from '../peers/peer-stats.js'
import type { TransportName } from '../protocol/constants.js'

/** What went over the sockets of one transport. */
export interface TrafficStats {
  /** Messages of clients. */
  readonly messagesIn: number
  readonly bytesIn: number
  /** Messages to clients. */
  readonly messagesOut: number
  /** Bytes of these, ahead of any compression. */
  readonly bytesOut: number
}

/** What a server sent and got, left out and cut off, counted since it started. */
export interface EndpointStats {
  /** What went over sockets, by transport. */
  readonly traffic: Readonly<Record<TransportName, TrafficStats>>
  /** State events that a newer one replaced while their client read too slowly. */
  readonly staleDropped: number
  /** Connections that were closed because their client did not read. */
  readonly slowClosed: number
  /** Sockets that were closed because they gave no sign of life when a new one needed their place. */
  readonly silentClosed: number
  /** Channels that ended because too much waited for a handler of theirs. */
  readonly mailboxesFull: number
  /** Channels that were stopped because their user pushed too many events. */
  readonly eventsRateLimited: number
  /** Joins that were refused because their user joined too often. */
  readonly joinsRateLimited: number
  /** Connects that were refused because their address connected too often. */
  readonly connectsRateLimited: number
  /** What went through the WebRTC peers of all user channels, and what did not. */
  readonly peers: PeerStats
  /** What went to other nodes and came from them; without the option `cluster` it is not there. */
  readonly cluster?: ClusterStats
}

/** Where traffic is counted: on the way of every message. */
export class Traffic implements TrafficStats {
  messagesIn = 0
  bytesIn = 0
  messagesOut = 0
  bytesOut = 0
}

/** Where these are counted. */
export class EndpointCounters implements EndpointStats {
  readonly traffic = { websocket: new Traffic(), longpoll: new Traffic() }
  staleDropped = 0
  slowClosed = 0
  silentClosed = 0
  mailboxesFull = 0
  eventsRateLimited = 0
  joinsRateLimited = 0
  connectsRateLimited = 0
  readonly peers = new PeerCounters()
}
