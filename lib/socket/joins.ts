import type { JoinResult, TerminateReason } from '../channel/channel.js'
import { type ChannelRoute, ChannelServer } from '../channel/channel-server.js'
import type { ChannelHost, HostedChannel } from '../channel/host.js'
import type { JoinAnswer } from '../channel/join-answer.js'
import { answerWith, askOf, readAhead } from '../channel/recover-join.js'
import { Replacement } from '../channel/replacement.js'
import { duplicateJoin } from '../channel/results.js'
import { diagnostics } from '../diagnostics/diagnostics.js'
import type { JoinTrace } from '../diagnostics/events.js'
import { tellRateLimited } from '../diagnostics/tell.js'
import { OpenTrace } from '../diagnostics/trace.js'
import type { EndpointCounters } from '../endpoint/stats.js'
import type { RecoverAsk } from '../history/recovery.js'
import { excerpt } from '../log/excerpt.js'
import type { ClientMessage, Scalar } from '../protocol/message.js'
import type { SocketEnvironment } from './environment.js'
import type { Outbox } from './outbox.js'
import { replyUnmatched } from './routing.js'

/** Whose joins they are: what they ask of a socket. */
export interface JoinsOwner extends ChannelHost {
  readonly stats: EndpointCounters
  /** Why the socket has closed; undefined while it is open. */
  readonly closed: TerminateReason | undefined
  /** Whether what its client had sent is not worked off any more. */
  readonly isCutShort: boolean
  /** Tells the client of the end of a channel. */
  sendEnd(channel: HostedChannel, reason: TerminateReason): void
  /** A serializer of the application found no frame for an answer. */
  cannotSend(err: unknown): void
  /** Goes on with what waited for a join. */
  work(): void
}

/** The joins of one socket, one at a time. */
export class SocketJoins {
  readonly #socket: JoinsOwner
  readonly #environment: SocketEnvironment
  readonly #channels: Map<Scalar, ChannelServer>
  readonly #outbox: Outbox
  /** The channel whose join runs, or that has to end before a new join of its topic. */
  #joining: ChannelServer | undefined
  #replaced: Replacement | undefined
  /** Of the last join, where somebody listens. */
  #trace: OpenTrace<JoinTrace> | undefined
  #last = 0
  /** A join waits for its turn. */
  #isWaiting = false

  /** `channels` are those of the socket, which what was joined is put into. */
  constructor(
    socket: JoinsOwner,
    environment: SocketEnvironment,
    channels: Map<Scalar, ChannelServer>,
    outbox: Outbox
  ) {
    this.#socket = socket
    this.#environment = environment
    this.#channels = channels
    this.#outbox = outbox
  }

  /** Whether a join runs. */
  get isRunning(): boolean {
    return this.#joining !== undefined || this.#isWaiting
  }

  /** When a join last held up others, on the clock of the socket: now while one does. */
  get last(): number {
    return this.isRunning ? this.#socket.clock.now() : this.#last
  }

  /** Nobody waits for the join that runs. */
  clientGone(): void {
    this.#joining?.clientGone()
  }

  /** A channel of the socket has ended. */
  channelEnded(channel: HostedChannel, reason: TerminateReason): void {
    if (this.#replaced?.channel === channel) this.#replaced.ended(reason)
  }

  /** Handles a `phx_join`; `joined` is the channel of the same topic, if there is one. */
  join(message: ClientMessage, joined: ChannelServer | undefined): void {
    const route = this.#environment.channels.match(message.topic)
    if (route === undefined) return replyUnmatched(this.#socket, message)
    // Many that come back at once to what they missed leave room for others between them.
    if (this.#askOf(message) && this.#socket.turns.isSpent) return this.#joinLater(message, route)
    this.#joinNow(message, route, joined)
  }

  #joinLater(message: ClientMessage, route: ChannelRoute): void {
    this.#isWaiting = true
    this.#socket.turns.later(() => {
      this.#isWaiting = false
      this.#joinDone(() => this.#joinNow(message, route, this.#channels.get(message.topic)))
    })
  }

  #joinNow(message: ClientMessage, route: ChannelRoute, joined: ChannelServer | undefined): void {
    if (!diagnostics.join.hasSubscribers) {
      this.#trace = undefined
      return this.#join(message, route, joined)
    }
    const { topic } = message
    const told: JoinTrace = { socket: this.#socket, topic: topic as string, pattern: route.pattern }
    this.#trace = new OpenTrace(diagnostics.join, told, 'crashed')
    this.#trace.run(() => this.#join(message, route, joined))
  }

  #join(message: ClientMessage, route: ChannelRoute, joined: ChannelServer | undefined): void {
    const limit = this.#limitOver(message)
    if (limit !== undefined) {
      this.#socket.stats.joinsRateLimited++
      tellRateLimited(this.#socket.node, limit, this.#socket)
      this.#socket.refused('joinRate', message.topic, { limit })
      return this.#refuse(message, { reason: 'rate_limited' })
    }
    this.#outbox.hold()
    // What it still counts would come behind the reply, and the new one sends it once more.
    if (joined?.feed !== undefined && this.#askOf(message) !== undefined) joined.feed.end()
    if (joined === undefined) return this.#admit(message, route)
    const replaced = this.#replace(joined)
    if (replaced === undefined) return this.#admit(message, route)
    this.#joining = joined
    void replaced.then(() => this.#joinDone(() => this.#admit(message, route)))
  }

  /** Which limit the join is over, if any. */
  #limitOver({ topic, bytes }: ClientMessage): string | undefined {
    const { budget, clock } = this.#socket
    const now = clock.now()
    const over = budget.joinOver(topic as string, now)
    if (over !== undefined) return over
    return budget.hit('eventBytes', now, bytes) ? undefined : 'eventBytes'
  }

  #admit(message: ClientMessage, route: ChannelRoute): void {
    if (this.#isFull()) {
      this.#socket.refused('channels', message.topic)
      return this.#refuse(message, { reason: 'too many channels joined' })
    }

    const ask = this.#askOf(message)
    if (ask === null) {
      this.#socket.refused('recoverParam', message.topic)
      return this.#refuse(message, { reason: 'invalid_phx_recover' })
    }

    const channel = new ChannelServer(this.#socket, route, message)
    channel.ask = ask
    channel.joinTrace = this.#trace?.message
    if (this.#socket.closed !== undefined) channel.clientGone()
    let result: JoinResult | Promise<JoinResult>
    try {
      result = channel.join(message.payload)
    } catch (err) {
      return this.#joinCrashed(message, channel, err)
    }
    if (!(result instanceof Promise)) return this.#accepted(message, channel, result)
    this.#joining = channel
    result.then(
      (value) => this.#joinDone(() => this.#accepted(message, channel, value)),
      (err: unknown) => this.#joinDone(() => this.#joinCrashed(message, channel, err))
    )
  }

  /**
   * Ends the channel that the client joins anew, also when it is leaving: else both would live. One that traps exits
   * first handles what has come for it, which the join then waits for.
   */
  #replace(channel: ChannelServer): Promise<void> | undefined {
    if (!channel.leaving) this.#socket.refused('duplicateJoin', channel.topic)
    // Told behind what its `terminate` pushes, and both behind the reply to the new join.
    if (channel.trapExit && channel.isBusy) return this.#replaceLater(channel)
    channel.end(duplicateJoin)
    this.#socket.sendEnd(channel, duplicateJoin)
    return undefined
  }

  async #replaceLater(channel: ChannelServer): Promise<void> {
    this.#replaced = new Replacement(channel)
    const reason = await this.#replaced.run(this.#socket.clock)
    this.#replaced = undefined
    if (reason === duplicateJoin) this.#socket.sendEnd(channel, reason)
  }

  #joinDone(finish: () => void): void {
    this.#last = this.#socket.clock.now()
    this.#joining = undefined
    try {
      finish()
    } catch (err) {
      this.#trace?.failed(err)
      this.#socket.cannotSend(err)
    }
    this.#socket.work()
  }

  /** Of a cluster, this node has to hear the topic first: who is joined misses nothing. */
  #accepted(message: ClientMessage, channel: ChannelServer, result: JoinResult): void {
    const { cluster } = this.#socket.endpoint
    const hearing = result.status === 'ok' ? cluster?.hear(channel.topic) : undefined
    if (hearing === undefined) return this.#recover(message, channel, result)
    this.#joining = channel
    void hearing.then((release) => {
      this.#joinDone(() => this.#recover(message, channel, result))
      release()
    })
  }

  #recover(message: ClientMessage, channel: ChannelServer, result: JoinResult): void {
    const reading = result.status === 'ok' ? readAhead(channel) : undefined
    if (reading === undefined) return this.#joined(message, channel, result)
    this.#joining = channel
    void reading.then((isRead) => {
      const goOn = (): void =>
        this.#joinDone(() =>
          isRead ? this.#joined(message, channel, result) : this.#cannotRecover(message, channel)
        )
      // All who share a read hear of it at once.
      if (this.#socket.turns.isSpent) this.#socket.turns.later(goOn)
      else goOn()
    })
  }

  /** The engine is away: to say that all is lost would be wrong. */
  #cannotRecover(message: ClientMessage, channel: ChannelServer): void {
    channel.abandon()
    this.#socket.refused('history', message.topic)
    this.#refuse(message, { reason: 'history_unavailable' })
  }

  #joined(message: ClientMessage, channel: ChannelServer, { status, response }: JoinResult): void {
    let answer: JoinAnswer
    try {
      channel.demandNoFailure()
      answer = status === 'ok' ? answerWith(channel, response) : { response, missed: [], last: 0 }
      this.#answerJoin(message, status, answer.response)
    } catch (err) {
      return this.#joinCrashed(message, channel, err)
    }
    this.#trace?.over(status)
    if (status === 'error') return channel.abandon()
    this.#channels.set(channel.topic, channel)
    channel.start(answer)
    if (!channel.joined) return
    if (this.#socket.closed === undefined) channel.session?.start()
    else if (this.#socket.isCutShort) channel.end(this.#socket.closed)
  }

  #joinCrashed(message: ClientMessage, channel: ChannelServer, err: unknown): void {
    this.#socket.log.error({ err, topic: excerpt(channel.topic) }, 'join crashed')
    channel.abandon()
    this.#answerJoin(message, 'error', { reason: 'join crashed' })
    this.#trace?.failed(err)
  }

  #refuse(message: ClientMessage, response: object): void {
    this.#answerJoin(message, 'error', response)
    this.#trace?.over('refused')
  }

  #answerJoin({ joinRef, ref, topic }: ClientMessage, status: string, response: unknown): void {
    if (this.#socket.closed !== undefined) return
    this.#outbox.release(this.#socket.serializer.encodeReply({ joinRef, ref, topic, status, response }))
  }

  #askOf({ topic, payload }: ClientMessage): RecoverAsk | null | undefined {
    return askOf(this.#socket, topic as string, payload)
  }

  #isFull(): boolean {
    const { maxChannels } = this.#environment
    return maxChannels > 0 && this.#channels.size >= maxChannels
  }
}
