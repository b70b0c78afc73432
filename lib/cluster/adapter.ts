// The room of the cluster: what nodes say to each other, in bytes, and what carries it.

/** What an engine tells of: bytes that came, and whether it can be reached. */
export interface ClusterSink {
  /**
   * Bytes of a channel that this node is subscribed to, as they were published. Whoever keeps them copies them:
   * they may be a small part of something large. Never throws.
   */
  deliver(channel: string, bytes: Uint8Array): void
  /**
   * The engine went away, or is back; after `start` it is up. Told once for each change.
   *
   * @param problem Why it went away, for the log.
   */
  state(state: 'up' | 'down', problem?: Error): void
  /** The process of another node has ended. Told by engines that notice it, which most do not. */
  gone?(node: string): void
}

/** What an engine keeps a claim under. */
export interface ClaimName {
  /** All of one group are in one place. Letters, digits, `-` and `_`. */
  readonly group: string
  /** Within the group; of the same characters. */
  readonly key: string
}

/** A claim that is there, and the result that it was settled with, while that is kept. */
export interface FoundClaim {
  readonly claim: string
  readonly result: Uint8Array | undefined
}

/**
 * Where nodes claim what one of them alone is to do. All reject where the engine cannot be reached, or does not answer:
 * then it may have been done, or not, or is done later, unless the error has `notDone`: `'not_sent'` or `'refused'`. All but that is seen by all nodes at once.
 */
export interface ClaimStore {
  /** Bytes of the largest result that it takes, where there is such a limit. */
  readonly maxResultBytes?: number | undefined
  /**
   * Puts a claim where there is none, in one step. Resolves to the one that is there, if any.
   *
   * @param ttlMs how long it stays
   */
  claim(name: ClaimName, claim: string, ttlMs: number): Promise<FoundClaim | undefined>
  /**
   * Puts a claim in the place of the one that is `held`, or where there is none, with a result for a time of its own.
   * Where there is another one, nothing changes.
   */
  settle(
    name: ClaimName,
    held: string,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): Promise<void>
  /** Takes a claim away, where it is this one. */
  release(name: ClaimName, claim: string): Promise<void>
}

/** How a message is kept at the engine. */
export interface KeepOptions {
  /** Messages of its channel that are kept. */
  readonly size: number
  /** Milliseconds for which they are. */
  readonly ttlMs: number
  /** Makes a repeat within two minutes the same message. */
  readonly key?: string | undefined
}

/** A message that an engine keeps. */
export interface EngineMessage {
  readonly offset: number
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** What was read of the messages of a channel. */
export interface EngineSlice {
  /** Where the channel is now. */
  readonly epoch: string
  readonly offset: number
  /** In their order; those whose time is over are left out. */
  readonly messages: readonly EngineMessage[]
}

/** What of the messages of a channel to read: the last ones, or the first ones behind an offset. */
export interface EngineQuery {
  readonly after?: number | undefined
  /** Messages of another epoch are of no use: where the channel has one, its place has to do. */
  readonly epoch?: string | undefined
  /** Nor are some of them, where more than `limit` are behind `after`. */
  readonly isWhole?: boolean | undefined
  readonly limit: number
  readonly ttlMs: number
}

/** What an engine does for topics with history. */
export interface EngineHistory {
  /** Bytes of the largest message that it keeps, where there is such a limit. */
  readonly maxBytes?: number | undefined
  /**
   * Keeps a message and publishes it on its channel, in one step, so that all nodes get the messages of a channel in the
   * order of their offsets. Now and then one may come early: nodes read what is missing ahead of it. What is published has
   * a field behind it, of tag 4: its position as `<offset> <epoch>`.
   *
   * Resolves to the position, that of the first one where the key was used before. Rejects where the engine has not taken
   * it, or nobody knows.
   */
  append(channel: string, bytes: Uint8Array, options: KeepOptions): Promise<{ epoch: string; offset: number }>
  /** The channel has a place, and an epoch, from then on. Rejects where the engine does not answer. */
  read(channel: string, query: EngineQuery): Promise<EngineSlice>
  /**
   * The channel was at this offset of this epoch. Where it still has the epoch and is behind that, the engine was started
   * with older data: it forgets the channel, which gets a new epoch. Rejects where the engine does not answer.
   */
  renew(channel: string, known: { epoch: string; offset: number }): Promise<void>
}

/**
 * All that an engine has to do for a cluster; what travels over it, and what it means, is above.
 */
export interface ClusterAdapter {
  /** Where calls that run once are claimed; without it clients are refused them, with `once_unavailable`. */
  readonly claims?: ClaimStore | undefined
  /** Keeps the messages of topics with history; undefined where the engine cannot. */
  readonly history?: EngineHistory | undefined
  /**
   * Connects. Rejects when the engine cannot be reached.
   *
   * @param node The name of this node, for engines that tell the others when it has gone.
   */
  start(sink: ClusterSink, node?: string): Promise<void>
  /**
   * Hands over without waiting, and never delivers before it returns. Never throws; false where the outbox is full,
   * and before `start`, after `close`, and while the engine is away. At most 64 MiB may wait.
   */
  publish(channel: string, bytes: Uint8Array): boolean
  /**
   * Resolves when the engine has confirmed; idempotent; many at once are few commands. Asks the engine again for
   * channels that are subscribed already, as it may have forgotten them. Settles, one way or the other, where the
   * engine goes away or the adapter is closed.
   */
  subscribe(channels: readonly string[]): Promise<void>
  unsubscribe(channels: readonly string[]): void
  /** Sends what waits, as far as the engine takes it, and ends. Nothing is delivered afterwards. */
  close(): Promise<void>
}
