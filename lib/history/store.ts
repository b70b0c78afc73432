import type { JsonText } from '../protocol/serializer/json.js'
import type { HistorySettings } from './options.js'

/** A place in the history of a topic: offsets of another epoch mean nothing in this one. */
export interface Position {
  /** New when the history was lost; 1 to 64 characters. */
  readonly epoch: string
  /** Of the last message: 1 for the first of an epoch, 0 ahead of it. */
  readonly offset: number
}

/** Whose `broadcastFrom` a message is, so that it does not come back to them. */
export interface Sender {
  /** Id of the socket; null for an anonymous one. */
  readonly user: string | null
  /** What the client calls itself. */
  readonly client: string
}

/** A message that is to be kept, its payload as it travels. */
export interface Draft {
  readonly event: string
  readonly payload: JsonText | Uint8Array
  readonly sender: Sender | undefined
}

/** A message of a history. */
export interface KeptMessage extends Draft {
  readonly offset: number
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number
}

/** What became of a message. */
export interface Appended {
  readonly position: Position
  /** Undefined where its key was used before: the position is the one of that time. */
  readonly message: KeptMessage | undefined
}

/** Why there is nothing to go on with: another epoch, a position that is not reached yet, or messages that are gone. */
export type Loss = 'epoch' | 'ahead' | 'gap'

/** What was read of a topic. */
export interface HistorySlice {
  /** Where the topic is now. */
  readonly position: Position
  /** Undefined where the messages follow on what was asked for without a gap. */
  readonly loss: Loss | undefined
  /** In their order. */
  readonly messages: readonly KeptMessage[]
}

/** How much of histories there is on this node. */
export interface HistoryStats {
  /** Those with members and those that are idle. */
  readonly topics: number
  readonly messages: number
  readonly bytes: number
  /** Messages that left before their time, for the room that all of them may take. */
  readonly dropped: number
}

/** What a message is published with beside itself. */
export interface KeptWay {
  /** The member whom it passes by. */
  readonly from: object | undefined
  readonly key: string | undefined
  /** W3C `traceparent`. */
  readonly trace: string | undefined
}

/** Histories that an engine keeps for all nodes. What it takes it delivers to each of them, in order. */
export interface SharedHistory {
  /** @param settingsOf what is kept of a topic */
  connect(settingsOf: (topic: string) => HistorySettings | undefined): void
  /**
   * Resolves when the engine has taken the message; rejects with `PHX_ERR_HISTORY_UNAVAILABLE`. Throws
   * `PHX_ERR_SERIALIZER_ENCODE`, and `PHX_ERR_HISTORY_TOO_LARGE`.
   */
  append(topic: string, settings: HistorySettings, draft: Draft, way: KeptWay): Promise<Position>
  /**
   * The last messages, for somebody who goes on behind `since`: where these are not all that is missing, there may be
   * none. Many who ask at once share what is read. Rejects as {@link append} does.
   */
  recent(
    topic: string,
    settings: HistorySettings,
    limit: number,
    since: Position | undefined
  ): Promise<HistorySlice>
  /** As `HistoryStore.read`. Rejects as {@link append} does. */
  read(
    topic: string,
    settings: HistorySettings,
    since: Position | undefined,
    limit: number
  ): Promise<HistorySlice>
}

/** Where the messages of topics are kept, in this process. */
export interface HistoryStore {
  readonly stats: HistoryStats
  /** Keeps a message, unless one of the same key was kept within two minutes. */
  append(topic: string, settings: HistorySettings, draft: Draft, key?: string): Appended
  /** Where the topic is, for somebody who only looks on; undefined where it has no place yet. */
  find(topic: string): Position | undefined
  /** Where the topic is. */
  position(topic: string, settings: HistorySettings): Position
  /** The first messages behind a position; without one the oldest there are. */
  read(topic: string, settings: HistorySettings, since: Position | undefined, limit: number): HistorySlice
  /** The topic has subscribers here from now on. */
  wanted(topic: string): void
  /** It has none any more. */
  unwanted(topic: string): void
  /** Forgets everything. */
  close(): void
}
