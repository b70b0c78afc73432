import type { ChannelServer } from '../channel/channel-server.js'
import type { DiagnosticSocket } from '../diagnostics/events.js'
import { tellRateLimited } from '../diagnostics/tell.js'
import type { EndpointCounters } from '../endpoint/stats.js'
import type { UserBudget } from '../limits/user-budgets.js'
import type { RefusalDetails, RefusalKind } from '../log/refusals.js'
import { events, heartbeatTopic } from '../protocol/constants.js'
import type { ClientMessage, ReplyMessage, Scalar } from '../protocol/message.js'
import type { Clock } from '../time/clock.js'

/** Whose messages they are: what routing asks of a socket. */
export interface RoutingSocket extends DiagnosticSocket {
  readonly budget: UserBudget
  readonly clock: Clock
  readonly stats: EndpointCounters
  sendReply(reply: ReplyMessage): void
  /** Says in the log why something was refused. */
  refused(kind: RefusalKind, topic: Scalar, details?: RefusalDetails): void
  /** Handles a `phx_join`; `joined` is the channel of the same topic, if there is one. */
  join(message: ClientMessage, joined: ChannelServer | undefined): void
}

/** Takes a message of the client to its channel, or answers it; `frame` is what it came in. */
export function route(
  socket: RoutingSocket,
  channel: ChannelServer | undefined,
  message: ClientMessage,
  frame: Buffer,
  isBinary: boolean
): void {
  const { topic, event, joinRef, ref } = message
  if (topic === heartbeatTopic && event === events.heartbeat) {
    socket.sendReply({ joinRef: null, ref, topic, status: 'ok', response: undefined })
  } else if (event === events.join) {
    socket.join(message, channel)
  } else if (channel !== undefined && !channel.isFinishing) {
    toChannel(socket, channel, message, frame, isBinary)
  } else if (event === events.leave) {
    // The client may have left in the moment in which its channel ended; it is where it wants to be.
    socket.sendReply({ joinRef, ref, topic, status: 'ok', response: undefined })
  } else {
    const limit = limitOver(socket, message)
    if (limit === undefined) replyUnmatched(socket, message)
    else replyRateLimited(socket, message, null, limit)
  }
}

/** No channel is for the topic. */
export function replyUnmatched(
  socket: Pick<RoutingSocket, 'refused' | 'sendReply'>,
  { ref, topic }: ClientMessage
): void {
  socket.refused('unmatchedTopic', topic)
  socket.sendReply({ joinRef: null, ref, topic, status: 'error', response: { reason: 'unmatched topic' } })
}

function toChannel(
  socket: RoutingSocket,
  channel: ChannelServer,
  message: ClientMessage,
  frame: Buffer,
  isBinary: boolean
): void {
  // A message of an earlier join of the topic is stale, leaves included; without a join_ref it is for
  // this one: the field is optional for all messages but joins (Phoenix since 1.8.12).
  if (message.joinRef !== null && message.joinRef !== channel.joinRef) return
  // What follows a leave has no channel any more that could answer it.
  if (channel.leaving) return
  if (message.event === events.leave) {
    channel.leaving = true
  } else {
    const limit = limitOver(socket, message)
    if (limit !== undefined) {
      replyRateLimited(socket, message, channel.joinRef, limit)
      socket.stats.eventsRateLimited++
      // What came before it was within the limit.
      return channel.finish('normal')
    }
  }
  channel.receive(message, frame, isBinary)
}

/** Which limit the event is over, if any. */
function limitOver({ budget, clock }: RoutingSocket, { bytes }: ClientMessage): string | undefined {
  const now = clock.now()
  if (!budget.hit('events', now)) return 'events'
  return budget.hit('eventBytes', now, bytes) ? undefined : 'eventBytes'
}

function replyRateLimited(
  socket: RoutingSocket,
  { ref, topic }: ClientMessage,
  joinRef: Scalar,
  limit: string
): void {
  tellRateLimited(socket.node, limit, socket)
  socket.refused('eventRate', topic, { limit })
  socket.sendReply({ joinRef, ref, topic, status: 'error', response: { error: 'rate_limited' } })
}
