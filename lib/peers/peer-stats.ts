/** Why something a client sent, or was to be sent, went no further. */
export type DropReason =
  /** A message over `dataChannelMessageBytes`, or one for a client that takes none of its size. */
  | 'too_large'
  /** A message over the user's `dataChannelMessages`; it ends the peer. */
  | 'rate_limited'
  /** A message on `events` that is no hook call. */
  | 'malformed'
  /** A message on another label while the application listens to none. */
  | 'unhandled'
  /** A message that was to be sent to a client that does not keep up, see `SendDataOptions.droppable`. */
  | 'queue_full'
  /** State that a newer message replaced while its client was congested. */
  | 'stale'
  /** Data for a label without an open DataChannel that was not to be pushed instead. */
  | 'no_channel'
  /** A reply whose DataChannel has closed, or that the library did not take. */
  | 'not_sent'
  /** A DataChannel over `dataChannelsPerPeer`, or with a label that is too long. */
  | 'channel_refused'
  /**
   * A DataChannel that its client had closed before the server could listen to it. The library keeps
   * what was sent on it to itself, and does not tell how many messages that were.
   */
  | 'channel_lost'
  /** A candidate that never reaches the native library: host name, TCP, another session's, too many. */
  | 'candidate_ignored'

/** What went through peers and what did not; it only grows. */
export interface PeerStats {
  /** Offers that made a peer. */
  readonly peers: number
  /** Messages that clients sent, the dropped ones included. */
  readonly messagesIn: number
  readonly bytesIn: number
  /** Messages that were handed to a DataChannel. */
  readonly messagesOut: number
  readonly bytesOut: number
  /** Messages for DataChannels that were not open, or did not take them, pushed as `webrtc:data` instead. */
  readonly fallbacks: number
  /** What went no further, by why. */
  readonly dropped: Readonly<Record<DropReason, number>>
}

/** Where these are counted. */
export class PeerCounters implements PeerStats {
  readonly #total: PeerCounters | undefined
  peers = 0
  messagesIn = 0
  bytesIn = 0
  messagesOut = 0
  bytesOut = 0
  fallbacks = 0
  readonly dropped: Record<DropReason, number> = {
    too_large: 0,
    rate_limited: 0,
    malformed: 0,
    unhandled: 0,
    queue_full: 0,
    stale: 0,
    no_channel: 0,
    not_sent: 0,
    channel_refused: 0,
    channel_lost: 0,
    candidate_ignored: 0
  }

  /** @param total counts everything that this one does, for a peer among others */
  constructor(total?: PeerCounters) {
    this.#total = total
  }

  /** Counts a message of so many bytes that a client sent. */
  received(bytes: number): void {
    this.messagesIn++
    this.bytesIn += bytes
    this.#total?.received(bytes)
  }

  /** Counts a message of so many bytes that was handed to a DataChannel. */
  sent(bytes: number): void {
    this.messagesOut++
    this.bytesOut += bytes
    this.#total?.sent(bytes)
  }

  drop(reason: DropReason): void {
    this.dropped[reason]++
    this.#total?.drop(reason)
  }
}
