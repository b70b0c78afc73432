import type { TerminateReason } from '../channel/channel.js'
import type { ChannelHost, HostedChannel } from '../channel/host.js'
import type { DataSink, SendDataOptions, SendDataResult } from '../data/message.js'
import { sendData } from '../data/route.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { EndpointCounters, TransportCounters } from '../endpoint/stats.js'
import type { Backlog } from '../limits/backlog.js'
import type { Limits } from '../limits/limits.js'
import type { Turns } from '../limits/turns.js'
import type { UserBudget } from '../limits/user-budgets.js'
import { excerpt } from '../log/excerpt.js'
import type { RefusalDetails, RefusalKind } from '../log/refusals.js'
import type { PeerSupply } from '../peers/peer-factory.js'
import type { Assigns } from '../protocol/assigns.js'
import type { TransportName } from '../protocol/constants.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import type { Message, ReplyMessage, Scalar } from '../protocol/message.js'
import type { Serializer } from '../protocol/serializer/serializer.js'
import { textOnly } from '../protocol/serializer/text-only.js'
import { staleKey } from '../pubsub/delivery.js'
import type { Clock } from '../time/clock.js'
import type { Transport } from '../transport/transport.js'
import type { Logger } from '../util/logger.js'
import type { SocketEnvironment, SocketIdentity } from './environment.js'
import { Outbox } from './outbox.js'

/** Who a socket is, what it shares with the others of its mount, and how it sends. */
export abstract class SocketBase implements ChannelHost {
  readonly id: string | null
  readonly assigns: Assigns
  readonly serializer: Serializer
  readonly budget: UserBudget
  dataSink: DataSink | undefined
  /** Names it on this node. */
  readonly number: number
  /** When it was opened, in milliseconds since 1970. */
  readonly since: number
  /** Messages of its client that were handled, and those that were sent to it. */
  messagesIn = 0
  messagesOut = 0
  protected readonly environment: SocketEnvironment
  protected readonly connection: Transport
  protected readonly outbox: Outbox
  protected readonly traffic: TransportCounters
  readonly #identity: SocketIdentity

  constructor(environment: SocketEnvironment, identity: SocketIdentity, transport: Transport) {
    this.environment = environment
    this.connection = transport
    const { limits, endpoint } = environment
    this.traffic = endpoint.stats[transport.name]
    this.outbox = new Outbox(transport, limits, endpoint.queued, this.traffic)
    this.#identity = identity
    this.id = identity.id
    this.assigns = identity.assigns
    this.serializer = transport.name === 'longpoll' ? textOnly(identity.serializer) : identity.serializer
    this.budget = identity.budget
    this.number = environment.endpoint.nextSocket()
    this.since = environment.clock.date()
  }

  abstract readonly backlog: Backlog
  abstract expiresAt: number | undefined
  /** Why the socket has closed; undefined while it is open. */
  abstract readonly closed: TerminateReason | undefined
  abstract channelEnded(channel: HostedChannel, reason: TerminateReason): void
  abstract disconnect(): void

  /** Where its client connected from; undefined where nobody wanted to know. */
  get address(): string | undefined {
    return this.#identity.address
  }

  /** Bytes that wait for its client. */
  get queuedBytes(): number {
    return this.outbox.waiting
  }

  get transport(): TransportName {
    return this.connection.name
  }

  get path(): string {
    return this.environment.path
  }

  get node(): string {
    return this.endpoint.node
  }

  get endpoint(): EndpointServer {
    return this.environment.endpoint
  }

  get stats(): EndpointCounters {
    return this.endpoint.stats
  }

  get turns(): Turns {
    return this.endpoint.turns
  }

  get clock(): Clock {
    return this.environment.clock
  }

  get limits(): Readonly<Limits> {
    return this.environment.limits
  }

  get peers(): PeerSupply {
    return this.environment.peers
  }

  get log(): Logger {
    return this.environment.log
  }

  /** Messages that may wait for a handler of one of its channels; 0 is no limit. */
  get mailboxLimit(): number {
    return this.environment.limits.mailboxMessages
  }

  holdBack(held: object, bytes: number): void {
    if (this.closed === undefined) this.connection.holdBack?.(held, bytes)
  }

  letGo(held: object): void {
    this.connection.letGo?.(held)
  }

  send(frame: OutgoingFrame, stale?: string): void {
    if (this.closed !== undefined) return
    this.messagesOut++
    this.outbox.send(frame, stale)
  }

  sendReply(reply: ReplyMessage): void {
    if (this.closed !== undefined) return
    this.messagesOut++
    this.outbox.send(this.serializer.encodeReply(reply))
  }

  sendPush(message: Message, dropStale?: string): void {
    if (this.closed !== undefined) return
    this.messagesOut++
    this.outbox.send(this.serializer.encodePush(message), staleKey(message.topic, dropStale))
  }

  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult {
    return sendData(this, this.stats.peers, label, data, options)
  }

  /** Says in the log why something was refused. */
  refused(kind: RefusalKind, topic: Scalar, details?: RefusalDetails): void {
    this.environment.refusals.add(kind, { topic: excerpt(topic), socketId: this.id, ...details })
  }

  /** Its place is free for another socket of its user. */
  protected releasePlace(): void {
    this.#identity.release?.()
  }
}
