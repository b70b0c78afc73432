import type { ClusterStats } from '../cluster/cluster-stats.js'
import type { HistoryStats } from '../history/store.js'
import { noRefusals, type RefusalKind } from '../log/refusals.js'
import type { OnceStats } from '../once/once.js'
import { PeerCounters, type PeerStats } from '../peers/peer-stats.js'
import type { OutgoingFrame } from '../protocol/frame.js'

/** What went through the sockets of one transport since the start; DataChannels have counts of their own. */
export interface TransportStats {
  /** Sockets that were opened. */
  readonly opened: number
  /** Frames of clients, and their bytes. */
  readonly messagesIn: number
  readonly bytesIn: number
  /** Frames to clients, those included that wait. */
  readonly messagesOut: number
  /** Of text for one client alone, its length in UTF-16: its bytes, where it is ASCII. */
  readonly bytesOut: number
}

/** What a server did, and what it left out or cut off, counted since it started. */
export interface EndpointStats {
  readonly websocket: TransportStats
  readonly longpoll: TransportStats
  /** What clients were refused, by the kinds of the option `log`, which changes nothing here. */
  readonly refused: Readonly<Record<RefusalKind, number>>
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
  /** Calls with a key, which run once. */
  readonly once: OnceStats
  /** What went to other nodes and came from them; without the option `cluster` it is not there. */
  readonly cluster?: ClusterStats
  /** What is kept of topics now, and what left before its time; without a channel that has a history it is not there. */
  readonly history?: HistoryStats
}

class TransportCounters implements TransportStats {
  opened = 0
  messagesIn = 0
  bytesIn = 0
  messagesOut = 0
  bytesOut = 0

  received(frame: Buffer): void {
    this.messagesIn++
    this.bytesIn += frame.length
  }

  /** Counting the bytes of a text would cost more than all else that is done about it. */
  sent(frame: OutgoingFrame): void {
    this.messagesOut++
    this.bytesOut += typeof frame === 'string' ? frame.length : frame.byteLength
  }
}

export type { TransportCounters }

/** Where these are counted. */
export class EndpointCounters implements Omit<EndpointStats, 'once' | 'cluster' | 'history'> {
  readonly websocket = new TransportCounters()
  readonly longpoll = new TransportCounters()
  readonly refused = noRefusals()
  staleDropped = 0
  slowClosed = 0
  silentClosed = 0
  mailboxesFull = 0
  eventsRateLimited = 0
  joinsRateLimited = 0
  connectsRateLimited = 0
  readonly peers = new PeerCounters()
}
