// The room of sockets: one connection of a client, its order of messages, and its end.
import type { TerminateReason } from '../channel/channel.js'
import type { ChannelServer } from '../channel/channel-server.js'
import type { HostedChannel } from '../channel/host.js'
import { duplicateJoin, isCleanEnd } from '../channel/results.js'
import { diagnostics } from '../diagnostics/diagnostics.js'
import { Backlog } from '../limits/backlog.js'
import { closeCodes, drainedReason, events } from '../protocol/constants.js'
import { type ClientMessage, checkHead, type Scalar } from '../protocol/message.js'
import type { Subscriber } from '../pubsub/pubsub.js'
import { Deadline } from '../time/deadline.js'
import type { Receiver, Transport } from '../transport/transport.js'
import type { Drainable } from './drainer.js'
import type { SocketEnvironment, SocketIdentity } from './environment.js'
import { Intake, type IntakeOwner } from './intake.js'
import { type JoinsOwner, SocketJoins } from './joins.js'
import type { Speaker } from './last-words.js'
import { type RoutingSocket, route } from './routing.js'
import { SocketBase } from './socket-base.js'

/**
 * One connection of a client (Phoenix.Socket): takes its frames apart, joins and leaves channels,
 * answers heartbeats and routes the rest. Messages are handled in the order in which they came;
 * while a join runs, those behind it wait, and so does what goes to the client. What a client had sent before it
 * went is still worked off; only then its channels end.
 */
export class Socket
  extends SocketBase
  implements Subscriber, Receiver, Drainable, Speaker, IntakeOwner, JoinsOwner, RoutingSocket
{
  /** Closes the socket when its token ends. */
  #tokenEnd: Deadline | undefined
  #backlog: Backlog | undefined
  readonly #channels = new Map<Scalar, ChannelServer>()
  readonly #intake = new Intake(this)
  readonly #joins: SocketJoins
  #closed: TerminateReason | undefined
  /** Everything that was read is answered, and nothing else is taken. */
  #isDrained = false
  /** Whether what its client had sent is not worked off any more. */
  isCutShort = false

  constructor(environment: SocketEnvironment, identity: SocketIdentity, transport: Transport) {
    super(environment, identity, transport)
    this.#joins = new SocketJoins(this, environment, this.#channels, this.outbox)
    this.expiresAt = identity.expiresAt
    environment.sockets.add(this)
    this.traffic.opened++
    if (this.id !== null) this.endpoint.pubsub.addSocket(this.id, this)
    const { opened } = diagnostics
    if (opened.hasSubscribers) opened.publish({ socket: this, connect: identity.connect })
  }

  get isJoining(): boolean {
    return this.#joins.isRunning
  }

  /** Made when something waits. */
  get backlog(): Backlog {
    if (this.#backlog === undefined) {
      this.#backlog = new Backlog(this.connection, this.budget, this.environment.limits)
      if (this.#closed !== undefined) this.#backlog.stop()
    }
    return this.#backlog
  }

  /** What it has joined, by topic. */
  get channels(): ReadonlyMap<Scalar, ChannelServer> {
    return this.#channels
  }

  /** What waits on behalf of it; undefined where nothing ever did. */
  get waiting(): Pick<Backlog, 'messages' | 'bytes'> | undefined {
    return this.#backlog
  }

  /** Why the socket has closed; undefined while it is open. */
  get closed(): TerminateReason | undefined {
    return this.#closed
  }

  /** When a join last held up what its client sends, on the clock of the socket: now while one does. */
  get lastJoining(): number {
    return this.#joins.last
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

  /**
   * Handles one frame of the client, or keeps it behind a join. Never throws: a frame that is no message closes the
   * socket, when it is its turn.
   */
  receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed !== undefined || this.#isDrained) return
    this.traffic.received(data)
    if (!this.#intake.isHeldUp) return this.take(data, isBinary)
    if (this.#intake.push(data, isBinary)) return
    this.#overflowed(this.backlog.bytes)
  }

  /** Whether the transport keeps more bytes of the client than may wait: the socket is closed then. */
  isTooMuch(bytes: number): boolean {
    const { mailboxBytes } = this.environment.limits
    if (mailboxBytes === 0 || bytes <= mailboxBytes) return false
    if (this.#closed === undefined) this.#overflowed(bytes)
    return true
  }

  #overflowed(bytes: number): void {
    this.stats.mailboxesFull++
    const { mailboxFull } = diagnostics
    if (mailboxFull.hasSubscribers)
      mailboxFull.publish({ socket: this, topic: undefined, pattern: undefined })
    this.log.warn({ bytes }, 'closing a socket for which too much waits')
    this.close(closeCodes.policyViolation, 'error')
  }

  /** A frame that the transport does not take, such as one that is too large: closes the socket when it is its turn. */
  reject(code: number): void {
    if (this.#closed !== undefined) return
    if (this.#intake.isHeldUp) this.#intake.pushBroken(code)
    else this.close(code, 'error')
  }

  /**
   * Resolves when everything received so far was handed to its channel, which it is at once unless a
   * join holds it up, or when the socket is closed; undefined when nothing is held up.
   */
  taken(): Promise<void> | undefined {
    return this.#intake.taken()
  }

  /** The connection is gone. `failed` says that it broke the protocol instead of ending. */
  transportClosed(failed: boolean): void {
    this.#end(failed ? 'error' : 'closed')
  }

  // What the endpoint and the application call.

  /** Closes the socket with 1001. What was read from the client by now is still worked off. */
  disconnect(): void {
    if (this.#closed !== undefined) return
    this.#intake.collect(this.connection)
    this.close(closeCodes.goingAway, 'disconnected')
  }

  /**
   * Reads nothing more from the client, waits until what was read is worked off, and closes with 1012: clients come
   * back elsewhere or later.
   */
  async drain(): Promise<void> {
    if (this.#closed !== undefined) return
    this.backlog.stop()
    this.connection.pause()
    this.#intake.collect(this.connection)
    this.#intake.work()
    // A join that hangs keeps nobody waiting for the close; what is behind it is worked off all the same.
    if (!this.isJoining) await this.taken()
    await Promise.all(Array.from(this.#channels.values(), (channel) => channel.finished()))
    // A join that hangs may hold up what was read behind it.
    if (this.isJoining) return this.abort()
    this.#isDrained = true
    this.close(closeCodes.serviceRestart, 'draining', drainedReason)
  }

  abort(): void {
    this.close(closeCodes.serviceRestart, 'draining')
  }

  /** Closes the connection, also while a join runs; the channels end without a frame of their own. */
  close(code: number, reason: TerminateReason, text?: string): void {
    if (this.#closed !== undefined) return
    this.outbox.flush()
    this.connection.close(code, text)
    // Its place is free for another: the client may take its time to answer.
    this.releasePlace()
    this.#end(reason, code)
  }

  /** The time for what the client had sent is over; see {@link Speaker}. */
  cutShort(): void {
    this.isCutShort = true
    this.#intake.clear()
    for (const channel of [...this.#channels.values()]) channel.cutShort()
    this.#intake.work()
  }

  /** The socket is subscribed to its own id, to be disconnected through it from anywhere. */
  deliver(): void {
    this.disconnect()
  }

  // What channels call.

  channelEnded(channel: HostedChannel, reason: TerminateReason): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic)
    if (reason !== duplicateJoin) this.sendEnd(channel, reason)
    this.#joins.channelEnded(channel, reason)
    this.#leaveWhenDone()
  }

  // Messages.

  /** Goes on with what waited for a join. */
  work(): void {
    this.#intake.work()
  }

  /** Nothing behind a frame that breaks the protocol is looked at. */
  broken(code: number): void {
    this.#intake.clear()
    if (this.#closed === undefined) this.close(code, 'error')
    else this.#closed = 'error'
  }

  take(data: Buffer, isBinary: boolean): void {
    this.messagesIn++
    let message: ClientMessage
    try {
      message = this.serializer.decode(data, isBinary)
      checkHead(message, this.environment.limits.headBytes)
    } catch (err) {
      this.log.debug({ err }, 'closing a socket for a malformed message')
      return this.broken(closeCodes.internalError)
    }
    try {
      route(this, this.#channels.get(message.topic), message, data, isBinary)
    } catch (err) {
      this.cannotSend(err)
    }
  }

  /** A serializer of the application may find no frame for an answer; waiting for it, the client would hang. */
  cannotSend(err: unknown): void {
    this.log.error({ err }, 'closing a socket whose serializer failed')
    this.close(closeCodes.internalError, 'error')
  }

  join(message: ClientMessage, joined: ChannelServer | undefined): void {
    this.#joins.join(message, joined)
  }

  // The end.

  sendEnd({ topic, sentJoinRef: joinRef }: HostedChannel, reason: TerminateReason): void {
    if (this.#closed !== undefined) return
    const [event, payload] = isCleanEnd(reason)
      ? ([events.close, {}] as const)
      : ([events.error, { reason: 'channel_crash' }] as const)
    try {
      this.sendPush({ joinRef, ref: joinRef, topic, event, payload })
    } catch (err) {
      this.cannotSend(err)
    }
  }

  #end(reason: TerminateReason, code?: number): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    const { closed } = diagnostics
    if (closed.hasSubscribers) closed.publish({ socket: this, reason, code })
    if (this.#tokenEnd !== undefined) this.#tokenEnd.at = undefined
    this.environment.sockets.delete(this)
    if (this.id !== null) this.endpoint.pubsub.removeSocket(this.id, this)
    this.outbox.discard()
    this.#backlog?.stop()
    this.#joins.clientGone()
    for (const channel of [...this.#channels.values()]) channel.clientGone()
    this.#intake.settle()
    if (this.#intake.isHeldUp) this.environment.lastWords.add(this)
    if (this.#intake.isEmpty) this.through()
    else this.#intake.work()
  }

  /** All that the client had sent was handed to its channels: when it has gone, they end when they are through. */
  through(): void {
    if (this.#closed === undefined) return
    for (const channel of [...this.#channels.values()]) channel.finish(this.#closed)
    if (this.#channels.size > 0) this.environment.lastWords.add(this)
    else this.#leaveWhenDone()
  }

  #leaveWhenDone(): void {
    const isDone = this.#closed !== undefined && this.#channels.size === 0 && !this.#intake.isHeldUp
    if (isDone) this.environment.lastWords.delete(this)
  }
}
