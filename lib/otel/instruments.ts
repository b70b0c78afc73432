import type { Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api'
import { durations, waits } from '../diagnostics/bounds.js'

/** Every measure: its name, its unit, and what it is. */
export const measures = {
  connectDuration: ['phoenix.connect.duration', 's', 'From the request to the decision about it.'],
  joinDuration: ['phoenix.join.duration', 's', 'From a join to its reply.'],
  handleInDuration: [
    'phoenix.handle_in.duration',
    's',
    'From the turn of an event to the end of its handler.'
  ],
  hookDuration: ['phoenix.hook.duration', 's', 'From a hook call to its result.'],
  broadcastDuration: [
    'phoenix.broadcast.duration',
    's',
    'Handing one broadcast to its subscribers here and to the engine.'
  ],
  peerOpenDuration: ['phoenix.peer.open.duration', 's', 'From the offer of a WebRTC peer to its connection.'],
  sockets: ['phoenix.sockets', '{socket}', 'Open sockets.'],
  channels: ['phoenix.channels', '{channel}', 'Joined channels.'],
  peers: ['phoenix.peers', '{peer}', 'WebRTC peers.'],
  receivers: [
    'phoenix.broadcast.receivers',
    '{subscriber}',
    'Subscribers here that broadcasts of this node went to.'
  ],
  recoveries: ['phoenix.recoveries', '{join}', 'Joins of clients that are to miss nothing.'],
  refusals: ['phoenix.refusals', '{refusal}', 'What clients were refused, by kind as in the option log.'],
  rateLimited: ['phoenix.rate_limited', '{message}', 'What came over a limit, by the name of the limit.'],
  slowClients: ['phoenix.slow_clients', '{socket}', 'Connections cut off as their clients did not read.'],
  mailboxesFull: [
    'phoenix.mailboxes_full',
    '{channel}',
    'Channels and sockets that ended as too much waited for them.'
  ],
  peerFailures: ['phoenix.peer.failures', '{peer}', 'WebRTC peers that did not open, or lost their clients.'],
  published: ['phoenix.cluster.published', '{message}', 'Messages that the engine took.'],
  unpublished: ['phoenix.cluster.dropped', '{message}', 'Messages that the engine did not take.'],
  delivered: ['phoenix.cluster.delivered', '{message}', 'Messages of other nodes.']
} as const

type Key = keyof typeof measures
type DurationKey = Extract<Key, `${string}Duration`>
type GaugeKey = 'sockets' | 'channels' | 'peers'

/** What takes each measure. */
export type Instruments = Readonly<
  Record<DurationKey, Histogram> &
    Record<GaugeKey, UpDownCounter> &
    Record<Exclude<Key, DurationKey | GaugeKey>, Counter>
>

export function instrumentsOf(meter: Meter): Instruments {
  const histogram = (key: DurationKey, bounds: readonly number[] = durations): Histogram => {
    const [name, unit, description] = measures[key]
    const explicitBucketBoundaries = [...bounds]
    return meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } })
  }
  const gauge = (key: GaugeKey): UpDownCounter => {
    const [name, unit, description] = measures[key]
    return meter.createUpDownCounter(name, { unit, description })
  }
  const counter = (key: Exclude<Key, DurationKey | GaugeKey>): Counter => {
    const [name, unit, description] = measures[key]
    return meter.createCounter(name, { unit, description })
  }
  return {
    connectDuration: histogram('connectDuration'),
    joinDuration: histogram('joinDuration'),
    handleInDuration: histogram('handleInDuration'),
    hookDuration: histogram('hookDuration'),
    broadcastDuration: histogram('broadcastDuration'),
    peerOpenDuration: histogram('peerOpenDuration', waits),
    sockets: gauge('sockets'),
    channels: gauge('channels'),
    peers: gauge('peers'),
    receivers: counter('receivers'),
    recoveries: counter('recoveries'),
    refusals: counter('refusals'),
    rateLimited: counter('rateLimited'),
    slowClients: counter('slowClients'),
    mailboxesFull: counter('mailboxesFull'),
    peerFailures: counter('peerFailures'),
    published: counter('published'),
    unpublished: counter('unpublished'),
    delivered: counter('delivered')
  }
}
