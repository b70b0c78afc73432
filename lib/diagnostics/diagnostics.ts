// The room of diagnostics: the events of this package on `node:diagnostics_channel`, which logs, metrics, traces and
// the dashboard stand on. Nothing is made for an event that nobody listens to.
import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type * as Events from './events.js'

/** A channel that takes messages of one type alone. */
export interface EventChannel<Message extends object> extends Channel<unknown, Message> {
  publish(message: Message): void
}

const plain = <Message extends object>(name: string): EventChannel<Message> =>
  channel(`fastify-phoenix:${name}`) as EventChannel<Message>

const traced = <Message extends object>(name: string): TracingChannel<unknown, Message> =>
  tracingChannel<unknown, Message>(`fastify-phoenix:${name}`)

/**
 * Every event by name. `fastify-phoenix:<name>` is the name of a plain channel, and
 * `tracing:fastify-phoenix:<name>:start` to `:error` those of a tracing channel.
 */
export const diagnostics = {
  connect: traced<Events.ConnectTrace>('connect'),
  join: traced<Events.JoinTrace>('join'),
  handleIn: traced<Events.HandleInTrace>('handle_in'),
  handler: traced<Events.HandlerTrace>('handler'),
  hook: traced<Events.HookTrace>('hook'),
  broadcast: traced<Events.BroadcastTrace>('broadcast'),
  drain: traced<Events.DrainTrace>('drain'),
  opened: plain<Events.OpenedEvent>('opened'),
  closed: plain<Events.ClosedEvent>('closed'),
  recovery: plain<Events.RecoveryEvent>('recovery'),
  left: plain<Events.LeftEvent>('left'),
  refused: plain<Events.RefusedEvent>('refused'),
  rateLimited: plain<Events.RateLimitedEvent>('rate_limited'),
  slowClient: plain<Events.SlowClientEvent>('slow_client'),
  mailboxFull: plain<Events.MailboxFullEvent>('mailbox_full'),
  presenceDiff: plain<Events.PresenceDiffEvent>('presence_diff'),
  peerState: plain<Events.PeerStateEvent>('peer_state'),
  peerFailed: plain<Events.PeerFailedEvent>('peer_failed'),
  clusterState: plain<Events.ClusterStateEvent>('cluster_state'),
  enginePublish: plain<Events.EnginePublishEvent>('engine_publish'),
  engineDeliver: plain<Events.EngineDeliverEvent>('engine_deliver')
} as const
