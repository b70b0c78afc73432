import { fanOutLoad, type RoomSize } from '../lib/fan-out.js'
import { ours, programUrl, type Question } from '../lib/question.js'
import { openPhoenixRoom } from '../lib/room.js'

const open = fanOutLoad(openPhoenixRoom)
const target = { figure: 'cpuUs', atMost: 1.1 } as const

export const history: Question<RoomSize> = {
  name: 'history',
  title: 'What it costs to keep what is broadcast',
  operation: 'a delivery',
  dimension: 'members, payload',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    {
      ...ours,
      name: 'history',
      what: 'rooms that keep 100 messages in memory',
      program: programUrl('serve-history'),
      open
    },
    { ...ours, name: 'off', what: 'the load target without', open }
  ],
  cases: [
    { name: '10, 64 B', size: { members: 10, bytes: 64 }, quick: true, target },
    { name: '1,000, 64 B', size: { members: 1000, bytes: 64 }, quick: true, target },
    { name: '10, 1 KiB', size: { members: 10, bytes: 1024 }, target }
  ]
}
