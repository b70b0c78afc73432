import { waits } from '../diagnostics/bounds.js'
import { counter, type Definition, gauge, histogram, type MetricType } from './definition.js'

/** Every metric there is. Names follow Prometheus: base units, and `_total` for what only grows. */
export const table = {
  // The node and its process.
  nodeInfo: gauge(
    'phoenix_node_info',
    'Always 1; the name that a node has since its start, and the version.',
    ['node', 'version']
  ),
  ready: gauge(
    'phoenix_ready',
    'Whether the node takes clients: 0 while it drains or something that it needs is away.'
  ),
  eventLoopDelay: histogram(
    'phoenix_event_loop_delay_seconds',
    'How long something that happens at any time waits for the event loop.',
    [],
    waits
  ),
  eventLoopBusy: counter('phoenix_event_loop_busy_seconds_total', 'Seconds in which the event loop worked.'),
  cpu: counter('phoenix_cpu_seconds_total', 'Processor time of the process, all threads.', ['mode']),
  residentMemory: gauge('phoenix_memory_resident_bytes', 'Resident memory of the process.', [], 'max'),
  heapUsed: gauge(
    'phoenix_memory_heap_used_bytes',
    'Memory of live JavaScript objects and of garbage.',
    [],
    'max'
  ),
  heapLimit: gauge('phoenix_memory_heap_limit_bytes', 'What the JavaScript heap may grow to.', [], 'max'),
  memoryLimit: gauge(
    'phoenix_memory_limit_bytes',
    'Memory that the process may have: the limit of its container, or all of the machine.',
    [],
    'max'
  ),

  // Sockets.
  sockets: gauge('phoenix_sockets', 'Open sockets.', ['transport']),
  connects: counter('phoenix_connects_total', 'Connects that were decided.', ['transport', 'result']),
  connectDuration: histogram(
    'phoenix_connect_duration_seconds',
    'From the request to the decision about it.',
    ['transport']
  ),
  closed: counter('phoenix_sockets_closed_total', 'Sockets that have ended.', ['transport', 'reason']),
  refusals: counter('phoenix_refusals_total', 'What clients were refused, by kind as in the option log.', [
    'kind'
  ]),
  rateLimited: counter('phoenix_rate_limited_total', 'What came over a limit, by the name of the limit.', [
    'limit'
  ]),
  slowClients: counter('phoenix_slow_clients_total', 'Connections cut off as their clients did not read.', [
    'transport'
  ]),
  silentClosed: counter(
    'phoenix_silent_sockets_closed_total',
    'Sockets closed without a sign of life as a new one needed their place.'
  ),

  // Channels.
  channels: gauge('phoenix_channels', 'Joined channels.', ['pattern']),
  topics: gauge('phoenix_topics', 'Topics with subscribers.'),
  presences: gauge('phoenix_presences', 'Presences of trackers with a name: of this node, and of others.', [
    'place'
  ]),
  presenceChanges: counter('phoenix_presence_changes_total', 'Presences that came or went in diffs.', [
    'change'
  ]),
  joins: counter('phoenix_joins_total', 'Joins that have a channel.', ['pattern', 'result']),
  recoveries: counter('phoenix_recoveries_total', 'Joins of clients that are to miss nothing.', [
    'pattern',
    'result'
  ]),
  recovered: counter('phoenix_recovered_messages_total', 'Messages that clients had missed, and were sent.', [
    'pattern'
  ]),
  joinDuration: histogram('phoenix_join_duration_seconds', 'From a join to its reply.', ['pattern']),
  handlerRuns: counter('phoenix_handler_runs_total', 'Events of clients that were handled.', [
    'pattern',
    'result'
  ]),
  handlerDuration: histogram(
    'phoenix_handler_duration_seconds',
    'From the turn of an event to the end of its handler.',
    ['pattern']
  ),
  mailboxesFull: counter(
    'phoenix_mailboxes_full_total',
    'Channels and sockets that ended as too much waited for a handler.'
  ),
  broadcasts: counter(
    'phoenix_broadcasts_total',
    'Broadcasts of this node, without `localBroadcast` and diffs of presences.',
    ['result']
  ),
  broadcastDuration: histogram(
    'phoenix_broadcast_duration_seconds',
    'Handing one broadcast to all of its subscribers here, and to the engine.'
  ),
  broadcastReceivers: counter(
    'phoenix_broadcast_deliveries_total',
    'Subscribers here that broadcasts of this node went to.'
  ),

  // Messages.
  messagesIn: counter('phoenix_messages_received_total', 'Messages of clients.', ['transport']),
  messagesOut: counter('phoenix_messages_sent_total', 'Messages to clients.', ['transport']),
  bytesIn: counter('phoenix_received_bytes_total', 'Bytes of messages of clients.', ['transport']),
  bytesOut: counter('phoenix_sent_bytes_total', 'Bytes of messages to clients.', ['transport']),
  drops: counter('phoenix_drops_total', 'Messages, and parts of signalling, that went no further.', [
    'reason'
  ]),

  // Hooks.
  hookCalls: counter(
    'phoenix_hook_calls_total',
    'Calls of hooks; without a name where there is no such hook.',
    ['plugin', 'function', 'transport', 'result']
  ),
  hookDuration: histogram('phoenix_hook_duration_seconds', 'From a hook call to its result.', [
    'plugin',
    'function',
    'transport'
  ]),

  onceCalls: counter(
    'phoenix_once_calls_total',
    'Calls with a key: those that ran, and what came of others.',
    ['result']
  ),
  onceKeys: gauge('phoenix_once_keys', 'Keys of calls that are remembered.'),
  onceResults: gauge('phoenix_once_results', 'Results of calls with a key that are kept.'),
  onceResultBytes: gauge('phoenix_once_result_bytes', 'Bytes of these results.'),

  // What waits.
  queuedBytes: gauge(
    'phoenix_queued_bytes',
    'Bytes that wait for clients which read more slowly than they are sent to.'
  ),
  clientsBehind: gauge('phoenix_clients_behind', 'Connections for which something waits.'),
  mailboxMessages: gauge(
    'phoenix_mailbox_messages',
    'Messages of clients that wait for a join or a handler.'
  ),
  mailboxBytes: gauge('phoenix_mailbox_bytes', 'Bytes that wait for a join or a handler.'),
  deferred: gauge('phoenix_deferred_tasks', 'Pieces of work that wait for a turn of the event loop.'),

  // Peers.
  peers: gauge('phoenix_peers', 'WebRTC peers.', ['state']),
  peerOpenings: counter('phoenix_peer_openings_total', 'Offers that made a peer, by what came of it.', [
    'result'
  ]),
  peerOpenDuration: histogram(
    'phoenix_peer_open_duration_seconds',
    'From the offer to the connection.',
    [],
    waits
  ),
  peersLost: counter('phoenix_peers_lost_total', 'Connected peers that lost their clients.'),
  roundTrip: histogram(
    'phoenix_peer_round_trip_seconds',
    'Round trips of some of the peers, at each scrape.',
    [],
    waits
  ),
  fallbacks: counter('phoenix_data_fallbacks_total', 'Messages for DataChannels that went over the channel.'),

  // The cluster.
  nodes: gauge('phoenix_cluster_nodes', 'Nodes that this one knows of, itself included.', [], 'max'),
  engineUp: gauge(
    'phoenix_cluster_engine_up',
    'Whether the engine can be reached and this node hears itself.'
  ),
  interruptions: counter('phoenix_cluster_engine_interruptions_total', 'How often the engine went away.'),
  renewals: counter(
    'phoenix_cluster_subscription_restarts_total',
    'How often all was subscribed anew as this node heard nothing.'
  ),
  lag: gauge(
    'phoenix_cluster_lag_seconds',
    'What a message of this node to itself took through the engine, or has taken so far.',
    [],
    'max'
  ),
  published: counter('phoenix_cluster_published_total', 'Messages that the engine took.', ['kind']),
  publishedBytes: counter('phoenix_cluster_published_bytes_total', 'Their bytes.', ['kind']),
  clusterDropped: counter('phoenix_cluster_dropped_total', 'Messages that the engine did not take.'),
  delivered: counter('phoenix_cluster_delivered_total', 'Messages of other nodes.', ['kind']),
  deliveredBytes: counter('phoenix_cluster_delivered_bytes_total', 'Their bytes.', ['kind']),
  unknown: counter('phoenix_cluster_unknown_total', 'Messages of other nodes that were passed over.', [
    'reason'
  ]),
  outboxMessages: gauge('phoenix_cluster_outbox_messages', 'Messages that wait for the engine.'),
  outboxBytes: gauge('phoenix_cluster_outbox_bytes', 'Bytes that wait for the engine.'),
  subscriptions: gauge(
    'phoenix_cluster_subscriptions',
    'Channels of the engine that this node is subscribed to.'
  ),
  lateJoins: counter(
    'phoenix_cluster_late_joins_total',
    'Joins that went on before the engine had confirmed.'
  )
} as const satisfies Record<string, Definition>

export type MetricKey = keyof typeof table

/** Keys of the metrics of a type. */
export type NameOf<Type extends MetricType> = {
  [Key in MetricKey]: (typeof table)[Key] extends Definition<Type> ? Key : never
}[MetricKey]

export const metricKeys = Object.keys(table) as MetricKey[]
