// The room of history: what is kept of the broadcasts to a topic, and where a client was that comes back.
import { bodyOf } from '../data/body.js'
import { DataMessage } from '../data/message.js'
import { EncodeFailed } from '../errors.js'
import { events } from '../protocol/constants.js'
import type { Broadcast } from '../protocol/message.js'
import { demandRoom } from '../protocol/serializer/binary.js'
import { JsonText } from '../protocol/serializer/json.js'
import type { Clock } from '../time/clock.js'
import { MemoryHistory } from './memory-history.js'
import { type HistoryLimits, type HistoryOptions, type HistorySettings, readHistory } from './options.js'
import type {
  Appended,
  Draft,
  HistorySlice,
  HistoryStats,
  HistoryStore,
  Position,
  Sender,
  SharedHistory
} from './store.js'

/** Finds the channel of a topic. */
export interface HistoryRoutes {
  match(topic: string): { readonly target: { readonly history?: HistoryOptions | undefined } } | undefined
}

/** A broadcast to a topic with history: what it is sent as, and what is to be kept of it. */
export interface Drafted {
  /** With its payload encoded once, for everybody. */
  readonly broadcast: Broadcast
  readonly draft: Draft
  readonly settings: HistorySettings
}

export interface TopicHistoriesOptions {
  readonly clock: Clock
  readonly limits: Readonly<HistoryLimits>
  isWanted(topic: string): boolean
}

/** The histories of all topics of a server that have one, by the channels of its mounts. */
export class TopicHistories {
  readonly clock: Clock
  readonly limits: Readonly<HistoryLimits>
  readonly #routes: HistoryRoutes[] = []
  readonly #settings = new WeakMap<HistoryOptions, HistorySettings>()
  readonly #store: HistoryStore
  /** Keeps the messages in place of this process, where there are other nodes. */
  shared: SharedHistory | undefined

  constructor(options: TopicHistoriesOptions) {
    this.clock = options.clock
    this.limits = options.limits
    this.#store = new MemoryHistory(options)
  }

  get stats(): HistoryStats {
    return this.#store.stats
  }

  /** Has an engine keep them. */
  share(shared: SharedHistory): void {
    if (this.shared === shared) return
    this.shared = shared
    shared.connect((topic) => this.settingsOf(topic))
  }

  /** The channels of one mount more. A topic has a history where a channel of any mount gives it one. */
  add(routes: HistoryRoutes): void {
    this.#routes.push(routes)
  }

  /** What is kept of the topic; undefined where nothing is. */
  settingsOf(topic: string): HistorySettings | undefined {
    for (const routes of this.#routes) {
      const options = routes.match(topic)?.target.history
      if (options === undefined) continue
      let settings = this.#settings.get(options)
      if (settings === undefined) {
        settings = readHistory(options)
        this.#settings.set(options, settings)
      }
      return settings
    }
    return undefined
  }

  /**
   * What is to be kept of a broadcast, where its topic has a history and it is none of those that are not kept: state
   * that may be dropped, data for DataChannels, and the end of sockets. Throws `PHX_ERR_SERIALIZER_ENCODE`.
   */
  draft(broadcast: Broadcast, sender: Sender | undefined): Drafted | undefined {
    const { topic, event, payload, dropStale } = broadcast
    if (dropStale !== undefined || event === events.disconnect) return undefined
    const settings = this.settingsOf(topic)
    if (settings === undefined) return undefined
    if (typeof event !== 'string') throw new EncodeFailed('an event is no text')
    const body = bodyOf(payload)
    if (body instanceof DataMessage) return undefined
    // What is kept and has no frame would fail anew for everybody who comes back.
    if (!(body instanceof JsonText)) demandRoom(topic, event)
    // What is kept must not change with the object that was sent.
    const own = body instanceof JsonText ? new JsonText(body.text) : Buffer.from(body)
    const draft = { event, payload: own, sender }
    return { broadcast: { topic, event, payload: body, dropStale }, draft, settings }
  }

  /** Keeps it in this process. */
  append({ broadcast, draft, settings }: Drafted, key: string | undefined): Appended {
    return this.#store.append(broadcast.topic, settings, draft, key)
  }

  /** Where the topic is, for somebody who only looks on. */
  find(topic: string): Position | undefined {
    return this.#store.find(topic)
  }

  /** Where the topic is, which has a history. */
  position(topic: string, settings: HistorySettings): Position {
    return this.#store.position(topic, settings)
  }

  read(topic: string, settings: HistorySettings, since: Position | undefined, limit: number): HistorySlice {
    return this.#store.read(topic, settings, since, limit)
  }

  wanted(topic: string): void {
    this.#store.wanted(topic)
  }

  unwanted(topic: string): void {
    this.#store.unwanted(topic)
  }

  close(): void {
    this.#store.close()
  }
}
