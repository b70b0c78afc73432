import { fanOutLoad, type RoomSize } from '../lib/fan-out.js'
import { beside, ours, type Question } from '../lib/question.js'
import { openPhoenixRoom, openSocketIoRoom } from '../lib/room.js'

const large = { files: 10_500, apart: true, takes: { open: 6 } }

export const broadcast: Question<RoomSize> = {
  name: 'broadcast',
  title: 'Broadcast to a room',
  operation: 'a delivery',
  dimension: 'members, payload',
  figures: ['cpuUs', 'perSecond', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    { ...ours, open: fanOutLoad(openPhoenixRoom) },
    beside(
      'floor',
      '`ws` by itself, which sends one shared buffer',
      'floors/ws-fan-out',
      fanOutLoad(openPhoenixRoom)
    ),
    beside('Socket.IO', 'a Socket.IO room', 'peers/socketio', fanOutLoad(openSocketIoRoom))
  ],
  cases: [
    { name: '10, 64 B', size: { members: 10, bytes: 64 }, quick: true },
    {
      name: '1,000, 64 B',
      size: { members: 1000, bytes: 64 },
      quick: true,
      target: { figure: 'cpuUs', atMost: 1.05 }
    },
    { name: '10,000, 64 B', size: { members: 10_000, bytes: 64 }, ...large },
    { name: '10, 1 KiB', size: { members: 10, bytes: 1024 } },
    { name: '1,000, 1 KiB', size: { members: 1000, bytes: 1024 } },
    { name: '10,000, 1 KiB', size: { members: 10_000, bytes: 1024 }, ...large }
  ],
  isPortable: true
}
