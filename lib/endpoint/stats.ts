import { PeerStats } from '../peers/peer-stats.js'

/** What a server left out or cut off, counted since it started. */
export class EndpointStats {
  /** State events that a newer one replaced while their client read too slowly. */
  staleDropped = 0
  /** Connections that were closed because their client did not read. */
  slowClosed = 0
  /** Sockets that were closed because they gave no sign of life when a new one needed their place. */
  silentClosed = 0
  /** Channels that ended because too much waited for a handler of theirs. */
  mailboxesFull = 0
  /** Channels that were stopped because their user pushed too many events. */
  eventsRateLimited = 0
  /** Joins that were refused because their user joined too often. */
  joinsRateLimited = 0
  /** Connects that were refused because their address connected too often. */
  connectsRateLimited = 0
  /** What went through the WebRTC peers of all user channels, and what did not. */
  readonly peers = new PeerStats()
}

/** The counts of one moment. */
export type EndpointStatsSnapshot = Readonly<Omit<EndpointStats, 'peers'>> & {
  readonly peers: Readonly<Omit<PeerStats, 'drop' | 'received' | 'sent'>>
}
