import { randomBytes } from 'node:crypto'
import type { ClusterNode } from '../cluster/cluster-node.js'
import {
  type BroadcastDataOptions,
  DataMessage,
  type SendDataOptions,
  type SendDataResult
} from '../data/message.js'
import { Meters } from '../diagnostics/meter.js'
import { InvalidOption, NoHistory } from '../errors.js'
import { type HistoryRoutes, TopicHistories } from '../history/history.js'
import type { HistoryLimits, HistorySettings } from '../history/options.js'
import { type HistoryPage, type HistoryQuery, readPage } from '../history/page.js'
import type { Position } from '../history/store.js'
import { PluginLives } from '../hooks/plugin-lives.js'
import type { ClusterLimit, Limits } from '../limits/limits.js'
import { QueuedMemory } from '../limits/queued-memory.js'
import { Turns } from '../limits/turns.js'
import { UserBudgets } from '../limits/user-budgets.js'
import { excerpt } from '../log/excerpt.js'
import { Once } from '../once/once.js'
import { demand } from '../options.js'
import type { UserPeer } from '../peers/peer-registry.js'
import { PeerRegistry } from '../peers/peer-registry.js'
import { events } from '../protocol/constants.js'
import type { PushOptions } from '../protocol/message.js'
import { peerEvents } from '../protocol/peer-events.js'
import { PubSub } from '../pubsub/pubsub.js'
import { type Clock, systemClock } from '../time/clock.js'
import { type Logger, silentLogger } from '../util/logger.js'
import type { Endpoint, PublishOptions } from './endpoint.js'
import { EndpointCounters, type EndpointStats } from './stats.js'

/** Characters of the key of a message. */
const longestKey = 256

/** What all sockets of one server share, and the way to them. */
export class EndpointServer implements Endpoint {
  /** The name of this node, new at every start. */
  readonly node = randomBytes(9).toString('base64url')
  /** What counts and times its calls, where somebody wants to know. */
  readonly meters = new Meters()
  readonly pubsub = new PubSub(this.node, this.meters)
  /** This server as a node among others; undefined where there are none. */
  cluster: ClusterNode | undefined
  /** What is kept of topics; undefined where no channel has a history. */
  histories: TopicHistories | undefined
  readonly stats = new EndpointCounters()
  /** What waits for clients that read more slowly than they are sent to, those of all mounts. */
  readonly queued = new QueuedMemory()
  /** Where work that takes its time waits for its turn, that of all mounts. */
  readonly turns: Turns
  /** Starts and stops the hook plugins of all mounts. */
  readonly hookLives = new PluginLives()
  /** What is known of the calls of clients that run once. */
  readonly once = new Once(systemClock)
  /** The live WebRTC peers of this node, by user. */
  readonly peers = new PeerRegistry()

  /** Whether sockets keep the address of their client, which takes a system call to find out. */
  keepsAddresses = false
  #sockets = 0

  readonly #budgets = new Map<string, UserBudgets>()

  /** @param log is told what fails of work that belongs to no socket alone */
  constructor(log: Logger = silentLogger) {
    this.turns = new Turns(systemClock, log)
  }

  /** A copy of all that is counted. */
  get allStats(): EndpointStats {
    const { stats, once, cluster, histories } = this
    return structuredClone({
      ...stats,
      once: once.stats,
      ...(cluster !== undefined && { cluster: cluster.stats }),
      ...(histories !== undefined && { history: histories.stats })
    })
  }

  /** The budgets of users, by socket id: mounts with the same limits, of a node or of all, count together. */
  budgets(limits: Readonly<Limits>, clock: Clock, clusterLimits: readonly ClusterLimit[] = []): UserBudgets {
    const key = JSON.stringify([limits, clusterLimits])
    const budgets = this.#budgets.get(key) ?? new UserBudgets(limits, clock)
    this.#budgets.set(key, budgets)
    return budgets
  }

  /** Keeps what is broadcast to those topics of a mount whose channels have a history. */
  keepHistories(routes: HistoryRoutes, limits: Readonly<HistoryLimits>, clock: Clock): void {
    if (this.histories === undefined) {
      const { pubsub } = this
      this.histories = new TopicHistories({ limits, clock, isWanted: (topic) => pubsub.has(topic) })
      pubsub.keep(this.histories)
    }
    this.histories.add(routes)
  }

  /** A number that no other socket of this node has. */
  nextSocket(): number {
    return ++this.#sockets
  }

  broadcast(topic: string, event: string, payload: object, { dropStale }: PushOptions = {}): void {
    this.pubsub.broadcast({ topic, event, payload, dropStale })
  }

  localBroadcast(topic: string, event: string, payload: object, { dropStale }: PushOptions = {}): void {
    this.pubsub.localBroadcast({ topic, event, payload, dropStale })
  }

  async publish(
    topic: string,
    event: string,
    payload: object,
    { key }: PublishOptions = {}
  ): Promise<Position> {
    demand('key', key === undefined || isKey(key), 'must be a text of 1 to 256 characters')
    demand(
      'event',
      event !== events.disconnect,
      'must not be disconnect, which is for sockets and never kept'
    )
    this.#demandHistory(topic)
    return this.pubsub.publish({ topic, event, payload }, key) as Position | Promise<Position>
  }

  async history(topic: string, query: HistoryQuery = {}): Promise<HistoryPage> {
    const { histories, settings } = this.#demandHistory(topic)
    return readPage(histories, topic, settings, query)
  }

  #demandHistory(topic: string): { histories: TopicHistories; settings: HistorySettings } {
    const { histories } = this
    const settings = histories?.settingsOf(topic)
    if (histories === undefined || settings === undefined) throw new NoHistory(excerpt(topic))
    return { histories, settings }
  }

  /** Whether the user has a channel `user:<userId>` on this node. */
  isUserHere(userId: string): boolean {
    return this.pubsub.hasMember(userTopic(userId))
  }

  pushToUser(userId: string, event: string, payload: object, options?: PushOptions): void {
    this.broadcast(userTopic(userId), event, payload, options)
  }

  disconnect(socketId: string): void {
    this.broadcast(socketId, events.disconnect, {})
  }

  broadcastData(
    topic: string,
    label: string,
    data: string | Uint8Array,
    options?: BroadcastDataOptions
  ): SendDataResult {
    const message = new DataMessage(label, data, options)
    this.#broadcastMessage(topic, message)
    return message.result
  }

  sendDataToUser(
    userId: string,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult {
    return this.broadcastData(userTopic(userId), label, data, options)
  }

  sendDataToUsers(
    userIds: Iterable<string>,
    label: string,
    data: string | Uint8Array,
    options?: SendDataOptions
  ): SendDataResult {
    // A string is a list as well: of users with names of one letter.
    if (typeof userIds === 'string') throw new InvalidOption('userIds', 'must be a list of users')
    const message = new DataMessage(label, data, options)
    for (const userId of userIds) this.#broadcastMessage(userTopic(userId), message)
    return message.result
  }

  peersOf(userId: string): UserPeer[] {
    return this.peers.of(userId)
  }

  #broadcastMessage(topic: string, message: DataMessage): void {
    this.pubsub.broadcast({ topic, event: peerEvents.data, payload: message, dropStale: message.staleName })
  }
}

const isKey = (key: unknown): boolean => typeof key === 'string' && key.length > 0 && key.length <= longestKey

const userTopic = (userId: string): string => `user:${userId}`
