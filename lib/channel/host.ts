import type { DiagnosticSocket } from '../diagnostics/events.js'
import type { EndpointServer } from '../endpoint/endpoint-server.js'
import type { Limits } from '../limits/limits.js'
import type { RefusalDetails, RefusalKind } from '../log/refusals.js'
import type { PeerSupply } from '../peers/peer-factory.js'
import type { OutgoingFrame } from '../protocol/frame.js'
import type { Message, Ref, ReplyMessage, Scalar } from '../protocol/message.js'
import type { Serializer } from '../protocol/serializer/serializer.js'
import type { Clock } from '../time/clock.js'
import type { Logger } from '../util/logger.js'
import type { ChannelSocket, TerminateReason } from './channel.js'
import type { MailboxContext } from './mailbox.js'

/** A channel as its host knows it when it has ended. */
export interface HostedChannel {
  readonly topic: string
  /** What the client sent as join_ref: `phx_close` and `phx_error` have it, even where it is null. */
  readonly sentJoinRef: Ref
}

/** What a channel asks of the socket that it was joined over. */
export interface ChannelHost extends ChannelSocket, MailboxContext, DiagnosticSocket {
  readonly endpoint: EndpointServer
  readonly serializer: Serializer
  readonly clock: Clock
  readonly log: Logger
  readonly limits: Readonly<Limits>
  readonly peers: PeerSupply
  /** Bytes that wait for its client. */
  readonly queuedBytes: number
  /** Counts as waiting for its client what is sent only when that has read more; see `Transport.holdBack`. */
  holdBack(held: object, bytes: number): void
  /** It is held back no more. */
  letGo(held: object): void
  /** Sends a frame that others may share; `stale` marks state, see `Transport.send`. */
  send(frame: OutgoingFrame, stale?: string): void
  sendReply(reply: ReplyMessage): void
  sendPush(message: Message, dropStale?: string): void
  /** Says in the log why something was refused. */
  refused(kind: RefusalKind, topic: Scalar, details?: RefusalDetails): void
  /** The channel has ended, and its client is to be told. */
  channelEnded(channel: HostedChannel, reason: TerminateReason): void
}
