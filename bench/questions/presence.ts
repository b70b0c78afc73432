import { type PresenceSize, presenceLoad } from '../lib/presence-load.js'
import { beside, ours, type Question } from '../lib/question.js'

export const presence: Question<PresenceSize> = {
  name: 'presence',
  title: 'Join of one more, with presence',
  operation: 'a join',
  dimension: 'members there before',
  figures: ['cpuUs', 'p50Ms', 'p99Ms', 'rssMiB'],
  subjects: [
    { ...ours, open: presenceLoad },
    beside(
      'floor',
      '`ws` by itself, which sends a list and a diff that were written before',
      'floors/ws-presence',
      presenceLoad
    )
  ],
  cases: [
    { name: '10', size: { members: 10, rooms: 50, joins: 1 }, quick: true },
    {
      name: '1,000',
      size: { members: 1000, rooms: 1, joins: 20 },
      quick: true,
      target: { figure: 'cpuUs', atMost: 20_000, absolute: true }
    },
    {
      name: '10,000',
      size: { members: 10_000, rooms: 1, joins: 3 },
      files: 10_500,
      apart: true,
      takes: { open: 6, round: 1 }
    }
  ],
  isPortable: true
}
