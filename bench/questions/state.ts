import { beside, ours, programUrl, type Question } from '../lib/question.js'
import { connectGeckosMember, connectPhoenixMember, type StateSize, stateLoad } from '../lib/state-load.js'

export const state: Question<StateSize> = {
  name: 'state',
  title: 'State for rooms over DataChannels, 30 times a second',
  operation: 'a message',
  dimension: 'rooms x members, state',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'p999Ms', 'lostPercent', 'rssMiB'],
  subjects: [
    {
      ...ours,
      what: '`tickLoop` and `broadcastData` to a channel of the room',
      program: programUrl('tick-server'),
      open: stateLoad(connectPhoenixMember)
    },
    beside(
      'floor',
      '`node-datachannel` by itself, which sends one buffer to each of a list',
      'floors/datachannel-state',
      stateLoad(connectPhoenixMember)
    ),
    beside(
      'geckos.io',
      'raw messages to a geckos.io room, on the same `node-datachannel`',
      'peers/geckos-state',
      stateLoad(connectGeckosMember)
    )
  ],
  cases: [
    {
      name: '1 x 50, 200 B',
      size: { rooms: 1, members: 50, bytes: 200 },
      quick: true,
      takes: { open: 1.5, round: 0.4 }
    },
    { name: '4 x 50, 200 B', size: { rooms: 4, members: 50, bytes: 200 }, takes: { open: 5, round: 0.4 } },
    { name: '1 x 50, 1 KiB', size: { rooms: 1, members: 50, bytes: 1024 }, takes: { open: 1.5, round: 0.4 } }
  ]
}
