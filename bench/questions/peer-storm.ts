import { beside, ours, type Question } from '../lib/question.js'
import { comeToGeckos, comeToPhoenix } from '../lib/storm.js'
import { type PeerStormSize, peerStormLoad } from '../lib/storm-load.js'

export const peerStorm: Question<PeerStormSize> = {
  name: 'peer-storm',
  title: 'Many peers at once, and what they cost while they do nothing',
  operation: 'an opening',
  dimension: 'offers',
  figures: ['p50Ms', 'p99Ms', 'failed', 'cpuUs', 'kibEach', 'idlePercent'],
  shown: { figure: 'p99Ms', absolute: true },
  subjects: [
    { ...ours, open: peerStormLoad(comeToPhoenix) },
    beside(
      'floor',
      '`node-datachannel` by itself, with the same signalling',
      'floors/datachannel-echo',
      peerStormLoad(comeToPhoenix)
    ),
    beside(
      'geckos.io',
      'geckos.io, on the same `node-datachannel`',
      'peers/geckos',
      peerStormLoad(comeToGeckos)
    )
  ],
  cases: [
    { name: '1 at once', size: { peers: 10, atOnce: 1 }, quick: true, takes: { open: 1, round: 1.5 } },
    { name: '30 at once', size: { peers: 60, atOnce: 30 }, takes: { open: 1, round: 0.8 } },
    {
      name: '150 at once',
      size: { peers: 150, atOnce: 150 },
      quick: true,
      takes: { open: 1, round: 0.8 },
      target: { figure: 'p99Ms', atMost: 600, absolute: true }
    },
    {
      name: '300, one every 10 ms',
      size: { peers: 300, atOnce: 300, everyMs: 10 },
      takes: { open: 1, round: 3 },
      target: { figure: 'p99Ms', atMost: 150, absolute: true }
    },
    {
      name: '1,000, which stay',
      size: { peers: 1000, atOnce: 50, idleMs: 5000 },
      plan: { launches: 1, rounds: 1 },
      takes: { open: 1, round: 24 }
    }
  ],
  plan: { rounds: 3, warmup: false }
}
