import type { ChannelSocket, DataSink, JoinResult, TerminateReason } from './channel.js'
import { duplicateJoin, isCleanEnd } from './channel-results.js'
import { ChannelServer } from './channel-server.js'
import type { Clock } from './clock.js'
import { closeCodes, events, heartbeatTopic } from './constants.js'
import { sendData } from './data-route.js'
import { Deadline } from './deadline.js'
import type { Drainable } from './drainer.js'
import type { Endpoint } from './endpoint.js'
import type { Assigns } from './hooks/types.js'
import type { Logger } from './logger.js'
import type { ClientMessage, Message, ReplyMessage, Scalar } from './message.js'
import { Outbox } from './outbox.js'
import { type Delivery, type PubSub, type Subscriber, staleKey } from './pubsub/pubsub.js'
import type { RefusalKind } from './refusals.js'
import type { Serializer } from './serializer/serializer.js'
import { textOnly } from './serializer/text-only.js'
import type { SocketEnvironment, SocketIdentity } from './socket-environment.js'
import type { OutgoingFrame, Transport, TransportName } from './transport/transport.js'
import type { UserBudget } from './user-budgets.js'
import type { SendDataOptions, SendDataResult } from './webrtc/data-message.js'

/** Above so many messages of the client that wait for a handler, the transport is not read. */
const pauseAbove = 256
const resumeBelow = 128

/**
 * One connection of a client (Phoenix.Socket): takes its frames apart, joins and leaves channels,
 * answers heartbeats and routes the rest. Messages are handled in the order in which they came;
 * while a join runs, those behind it wait, and so does what goes to the client.
 */
export class Socket implements ChannelSocket, Subscriber, Drainable {
  readonly id: string | null
  readonly assigns: Assigns
  readonly serializer: Serializer
  readonly budget: UserBudget
  dataSink: DataSink | undefined
  readonly #environment: SocketEnvironment
  readonly #transport: Transport
  readonly #channels = new Map<Scalar, ChannelServer>()
  readonly #outbox: Outbox
  /** Closes the socket when its token ends. */
  #tokenEnd: Deadline | undefined
  #inbox: ClientMessage[] = []
  #whenTaken: (() => void)[] = []
  /** The channel whose join runs. */
  #joining: ChannelServer | undefined
  #closed: TerminateReason | undefined
  #waiting = 0
  #paused = false
  #draining = false
  readonly #identity: SocketIdentity

  constructor(environment: SocketEnvironment, identity: SocketIdentity, transport: Transport) {
    this.#environment = environment
    this.#transport = transport
    this.#outbox = new Outbox(transport, environment.limits, environment.endpoint.queued)
    this.#identity = identity
    this.id = identity.id
    this.assigns = identity.assigns
    this.serializer = transport.name === 'longpoll' ? textOnly(identity.serializer) : identity.serializer
    this.budget = identity.budget
    this.expiresAt = identity.expiresAt
    environment.sockets.add(this)
    if (this.id !== null) this.pubsub.subscribe(this.id, this)
  }

  get transport(): TransportName {
    return this.#transport.name
  }

  get endpoint(): Endpoint {
    return this.#environment.endpoint
  }

  get pubsub(): PubSub {
    return this.endpoint.pubsub
  }

  get clock(): Clock {
    return this.#environment.clock
  }

  get log(): Logger {
    return this.#environment.log
  }

  /** Messages that may wait for a handler of one of its channels; 0 is no limit. */
  get mailboxLimit(): number {
    return this.#environment.limits.mailboxMessages
  }

  get expiresAt(): number | undefined {
    return this.#tokenEnd?.at
  }

  set expiresAt(at: number | undefined) {
    if (this.#closed !== undefined || at === this.expiresAt) return
    this.#tokenEnd ??= new Deadline(this.clock, () => this.disconnect())
    this.#tokenEnd.at = at
  }

  // What the transport calls.

  /** Handles one frame of the client. Never throws: a frame that is no message closes the socket. */
  receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed !== undefined) return
    let message: ClientMessage
    try {
      message = this.serializer.decode(data, isBinary)
    } catch (err) {
      this.log.debug({ err }, 'closing a socket for a malformed message')
      this.close(closeCodes.internalError, 'error')
      return
    }
    if (this.#joining !== undefined) {
      this.#inbox.push(message)
      this.messageQueued()
    } else {
      this.#handle(message)
    }
  }

  /**
   * Resolves when everything received so far was handed to its channel, which it is at once unless a
   * join holds it up, or when the socket is closed; undefined when nothing is held up.
   */
  taken(): Promise<void> | undefined {
    if (this.#joining === undefined) return undefined
    return new Promise((resolve) => {
      this.#whenTaken.push(resolve)
    })
  }

  /** The connection is gone. `failed` says that it broke the protocol instead of ending. */
  transportClosed(failed: boolean): void {
    this.#end(failed ? 'error' : 'closed')
  }

  // What the endpoint and the application call.

  disconnect(): void {
    this.close(closeCodes.goingAway, 'disconnected')
  }

  /**
   * Reads nothing more from the client, waits until the channels have finished what is under way,
   * and closes with 1012: clients come back elsewhere or later.
   */
  async drain(): Promise<void> {
    if (this.#closed !== undefined) return
    this.#draining = true
    this.#transport.pause()
    await Promise.all(Array.from(this.#channels.values(), (channel) => channel.finished()))
    this.abort()
  }

  abort(): void {
    this.close(closeCodes.serviceRestart, 'draining')
  }

  /** Closes the connection, also while a join runs; the channels end without a frame of their own. */
  close(code: number, reason: TerminateReason): void {
    if (this.#closed !== undefined) return
    this.#outbox.flush()
    this.#transport.close(code)
    // Its place is free for another: the client may take its time to answer.
    this.#identity.release?.()
    this.#end(reason)
  }

  /** The socket is subscribed to its own id, to be disconnected through it from anywhere. */
  deliver({ broadcast }: Delivery): void {
    if (broadcast.event === events.disconnect) this.disconnect()
  }

  // What channels call.

  send(frame: OutgoingFrame, stale?: string): void {
    if (this.#closed === undefined) this.#outbox.send(frame, stale)
  }

  sendReply(reply: ReplyMessage): void {
    if (this.#closed === undefined) this.#outbox.send(this.serializer.encodeReply(reply))
  }

  sendPush(message: Message, dropStale?: string): void {
    if (this.#closed !== undefined) return
    this.#outbox.send(this.serializer.encodePush(message), staleKey(message.topic, dropStale))
  }

  sendData(label: string, data: string | Uint8Array, options?: SendDataOptions): SendDataResult {
    return sendData(this, label, data, options)
  }

  channelEnded(channel: ChannelServer, reason: TerminateReason): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic)
    if (reason !== duplicateJoin) this.#sendEnd(channel, reason)
  }

  messageQueued(): void {
    this.#waiting++
    if (this.#waiting > pauseAbove && !this.#paused) {
      this.#paused = true
      this.#transport.pause()
    }
  }

  messageDequeued(count: number): void {
    this.#waiting -= count
    if (this.#waiting < resumeBelow && this.#paused) {
      this.#paused = false
      if (this.#closed === undefined && !this.#draining) this.#transport.resume()
    }
  }

  // Messages.

  #handle(message: ClientMessage): void {
    try {
      this.#dispatch(message)
    } catch (err) {
      this.#cannotSend(err)
    }
  }

  /** A serializer of the application may find no frame for an answer; waiting for it, the client would hang. */
  #cannotSend(err: unknown): void {
    this.log.error({ err }, 'closing a socket whose serializer failed')
    this.close(closeCodes.internalError, 'error')
  }

  #dispatch(message: ClientMessage): void {
    const { topic, event, joinRef, ref } = message
    const channel = this.#channels.get(topic)
    if (topic === heartbeatTopic && event === events.heartbeat) {
      this.sendReply({ joinRef: null, ref, topic, status: 'ok', response: undefined })
    } else if (event === events.join) {
      this.#join(message, channel)
    } else if (channel !== undefined) {
      this.#toChannel(message, channel)
    } else if (event === events.leave) {
      // The client may have left in the moment in which its channel ended; it is where it wants to be.
      this.sendReply({ joinRef, ref, topic, status: 'ok', response: undefined })
    } else if (this.budget.hit('events', this.clock.now())) {
      this.#replyUnmatched(message)
    } else {
      this.#refused('eventRate', topic)
      this.sendReply({ joinRef: null, ref, topic, status: 'error', response: { error: 'rate_limited' } })
    }
  }

  #toChannel(message: ClientMessage, channel: ChannelServer): void {
    // A message of an earlier join of the topic is stale, leaves included; without a join_ref it is for
    // this one: the field is optional for all messages but joins (Phoenix since 1.8.12).
    if (message.joinRef !== null && message.joinRef !== channel.joinRef) return
    // What follows a leave has no channel any more that could answer it.
    if (channel.leaving) return
    if (message.event === events.leave) channel.leaving = true
    else if (!this.budget.hit('events', this.clock.now())) return this.#rateLimited(message, channel)
    channel.receive(message)
  }

  #rateLimited({ ref, topic }: ClientMessage, channel: ChannelServer): void {
    this.#refused('eventRate', topic)
    this.sendReply({
      joinRef: channel.joinRef,
      ref,
      topic,
      status: 'error',
      response: { error: 'rate_limited' }
    })
    this.endpoint.stats.eventsRateLimited++
    channel.end('normal')
  }

  #refused(kind: RefusalKind, topic: Scalar): void {
    this.#environment.refusals.add(kind, { topic, socketId: this.id })
  }

  #replyUnmatched({ ref, topic }: ClientMessage): void {
    this.#refused('unmatchedTopic', topic)
    this.sendReply({ joinRef: null, ref, topic, status: 'error', response: { reason: 'unmatched topic' } })
  }

  // Joins.

  #join(message: ClientMessage, joined: ChannelServer | undefined): void {
    const definition = this.#environment.channels.match(message.topic)
    if (definition === undefined) return this.#replyUnmatched(message)
    if (!this.budget.hitJoin(message.topic as string, this.clock.now())) {
      this.endpoint.stats.joinsRateLimited++
      this.#refused('joinRate', message.topic)
      return this.#refuse(message, { reason: 'rate_limited' })
    }
    this.#outbox.hold()
    if (joined !== undefined) this.#replace(joined)
    if (this.#isFull()) {
      this.#refused('channels', message.topic)
      return this.#refuse(message, { reason: 'too many channels joined' })
    }

    const channel = new ChannelServer(this, definition, message)
    let result: JoinResult | Promise<JoinResult>
    try {
      result = channel.join(message.payload)
    } catch (err) {
      return this.#joinCrashed(message, channel, err)
    }
    if (!(result instanceof Promise)) return this.#joined(message, channel, result)
    this.#joining = channel
    result.then(
      (value) => this.#joinDone(() => this.#joined(message, channel, value)),
      (err: unknown) => this.#joinDone(() => this.#joinCrashed(message, channel, err))
    )
  }

  /** Ends the channel that the client joins anew, also when it is leaving: else both would live. */
  #replace(channel: ChannelServer): void {
    if (!channel.leaving) this.#refused('duplicateJoin', channel.topic)
    // Told behind what its `terminate` pushes, and both behind the reply to the new join.
    channel.end(duplicateJoin)
    this.#sendEnd(channel, duplicateJoin)
  }

  #joinDone(finish: () => void): void {
    this.#joining = undefined
    try {
      finish()
    } catch (err) {
      this.#cannotSend(err)
    }
    while (this.#joining === undefined && this.#closed === undefined) {
      const message = this.#inbox.shift()
      if (message === undefined) break
      this.messageDequeued(1)
      this.#handle(message)
    }
    if (this.#joining === undefined) this.#settleTaken()
  }

  #settleTaken(): void {
    for (const resolve of this.#whenTaken.splice(0)) resolve()
  }

  #joined(message: ClientMessage, channel: ChannelServer, { status, response }: JoinResult): void {
    try {
      this.#answerJoin(message, status, response)
    } catch (err) {
      return this.#joinCrashed(message, channel, err)
    }
    if (status === 'error') return channel.abandon()
    if (this.#closed === undefined) this.#channels.set(channel.topic, channel)
    channel.start()
    if (this.#closed === undefined) channel.session?.start()
    else channel.end(this.#closed)
  }

  #joinCrashed(message: ClientMessage, channel: ChannelServer, err: unknown): void {
    this.log.error({ err, topic: channel.topic }, 'join crashed')
    channel.abandon()
    this.#refuse(message, { reason: 'join crashed' })
  }

  #refuse(message: ClientMessage, response: object): void {
    this.#answerJoin(message, 'error', response)
  }

  #answerJoin({ joinRef, ref, topic }: ClientMessage, status: string, response: unknown): void {
    if (this.#closed !== undefined) return
    this.#outbox.release(this.serializer.encodeReply({ joinRef, ref, topic, status, response }))
  }

  #isFull(): boolean {
    const { maxChannels } = this.#environment
    return maxChannels > 0 && this.#channels.size >= maxChannels
  }

  // The end.

  #sendEnd({ topic, sentJoinRef: joinRef }: ChannelServer, reason: TerminateReason): void {
    if (this.#closed !== undefined) return
    const [event, payload] = isCleanEnd(reason)
      ? ([events.close, {}] as const)
      : ([events.error, { reason: 'channel_crash' }] as const)
    try {
      this.sendPush({ joinRef, ref: joinRef, topic, event, payload })
    } catch (err) {
      this.#cannotSend(err)
    }
  }

  #end(reason: TerminateReason): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    if (this.#tokenEnd !== undefined) this.#tokenEnd.at = undefined
    this.#environment.sockets.delete(this)
    if (this.id !== null) this.pubsub.unsubscribe(this.id, this)
    this.#outbox.discard()
    this.#inbox = []
    this.#joining?.clientGone()
    this.#settleTaken()
    for (const channel of [...this.#channels.values()]) channel.end(reason)
  }
}
