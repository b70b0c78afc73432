import { bytes, count, ms, rate, shortCount } from './format.js'

const bytesAxis = (value) => (value === 0 ? '0' : bytes(value))
/** A logarithmic axis has powers of ten alone. */
const msAxis = (value) => (value < 1000 ? `${value} ms` : `${value / 1000} s`)
const coresAxis = (value) => String(Number(value.toFixed(2)))

/**
 * What is drawn. Of each line `of` takes the value of a sample, and `join` says how those of several nodes are one:
 * their sum, or the largest where a sum says nothing. The first line of a chart is the one that nodes are compared by,
 * unless `compare` is another.
 */
export const charts = [
  {
    title: 'Sockets',
    view: 'sockets',
    format: count,
    axis: shortCount,
    lines: [
      { label: 'WebSocket', hue: 1, of: (sample) => sample.websockets },
      { label: 'long-poll', hue: 2, of: (sample) => sample.longpolls }
    ],
    compare: (sample) => sample.websockets + sample.longpolls
  },
  {
    title: 'Connects and joins a second',
    view: 'topics',
    format: rate,
    axis: shortCount,
    lines: [
      { label: 'joins', hue: 1, of: (sample) => sample.joins },
      { label: 'connects', hue: 2, of: (sample) => sample.connects }
    ]
  },
  {
    title: 'Messages a second',
    view: 'sockets',
    params: { sort: 'outPerSecond' },
    format: rate,
    axis: shortCount,
    lines: [
      { label: 'in', hue: 1, of: (sample) => sample.messagesIn },
      { label: 'out', hue: 2, of: (sample) => sample.messagesOut }
    ],
    compare: (sample) => sample.messagesIn + sample.messagesOut
  },
  {
    title: 'Hook calls a second',
    view: 'hooks',
    format: rate,
    axis: shortCount,
    lines: [
      { label: 'calls', hue: 1, of: (sample) => sample.hookCalls },
      { label: 'errors', hue: 5, of: (sample) => sample.hookErrors }
    ]
  },
  {
    title: 'Hook calls take',
    view: 'hooks',
    format: ms,
    axis: msAxis,
    isLog: true,
    lines: [
      { label: 'p99', hue: 2, join: 'max', of: (sample) => sample.hookP99Ms },
      { label: 'p50', hue: 1, join: 'max', of: (sample) => sample.hookP50Ms }
    ]
  },
  {
    title: 'Event loop delay',
    view: 'cluster',
    format: ms,
    axis: msAxis,
    isLog: true,
    lines: [
      { label: 'p99', hue: 2, join: 'max', of: (sample) => sample.loopP99Ms },
      { label: 'p50', hue: 1, join: 'max', of: (sample) => sample.loopP50Ms },
      { label: 'max', hue: 5, join: 'max', of: (sample) => sample.loopMaxMs }
    ]
  },
  {
    title: 'CPU, in cores',
    view: 'cluster',
    format: (value) => value.toFixed(2),
    axis: coresAxis,
    lines: [{ label: 'in use', hue: 1, of: (sample) => sample.cpu }]
  },
  {
    title: 'Memory',
    view: 'cluster',
    format: bytes,
    axis: bytesAxis,
    lines: [
      { label: 'process', hue: 1, of: (sample) => sample.rssBytes },
      { label: 'heap', hue: 2, of: (sample) => sample.heapBytes }
    ]
  },
  {
    title: 'Refused, failed, cut off',
    view: 'refusals',
    format: rate,
    axis: shortCount,
    lines: [
      { label: 'refused', hue: 2, of: (sample) => sample.refused },
      { label: 'peers failed', hue: 5, of: (sample) => sample.peersFailed },
      { label: 'slow clients', hue: 4, of: (sample) => sample.slowClosed }
    ],
    compare: (sample) => sample.refused + sample.peersFailed + sample.slowClosed
  }
]

/** The figures of now that stand above the charts. */
export const figures = [
  { title: 'Sockets', view: 'sockets', of: (sample) => sample.websockets + sample.longpolls, format: count },
  { title: 'Channels', view: 'topics', of: (sample) => sample.channels, format: count },
  {
    title: 'Topics',
    view: 'topics',
    of: (sample) => sample.topics,
    format: count,
    about: 'Counted on each node'
  },
  { title: 'Peers', view: 'peers', of: (sample) => sample.peers, format: count },
  {
    title: 'Bytes waiting',
    view: 'sockets',
    params: { sort: 'queuedBytes' },
    of: (sample) => sample.queuedBytes,
    format: bytes,
    about: 'For clients that have not read them yet'
  },
  {
    title: 'In and out a second',
    view: 'sockets',
    params: { sort: 'outPerSecond' },
    of: (sample) => sample.bytesIn + sample.bytesOut,
    format: bytes
  }
]
