import { clusterOnce } from '../cluster/once/once.js'
import { type ClusterSize, subjects } from '../cluster/subjects.js'
import type { Question } from '../lib/question.js'

const programs = { redis: 'redis-server', nats: 'nats-server' } as const
const members = { measure: 'fan-out', members: 1000, bytes: 64 } as const

export const cluster: Question<ClusterSize> = {
  name: 'cluster',
  title: 'A cluster: messages to other nodes, and from them',
  operation: 'a message or a delivery',
  dimension: 'what is done',
  figures: ['cpuUs', 'rssMiB'],
  subjects,
  once: clusterOnce,
  cases: [
    {
      name: 'publish 256 B through Redis',
      size: { measure: 'publish', carrier: 'redis' },
      needs: programs.redis,
      quick: true,
      target: { figure: 'cpuUs', atMost: 1.3 }
    },
    {
      name: 'publish 256 B through NATS',
      size: { measure: 'publish', carrier: 'nats' },
      needs: programs.nats
    },
    { name: 'publish 256 B to workers', size: { measure: 'publish', carrier: 'workers' }, quick: true },
    {
      name: 'to 1,000 members, from another node through Redis',
      size: { ...members, carrier: 'redis' },
      needs: programs.redis,
      quick: true,
      target: { figure: 'cpuUs', atMost: 1.1 },
      takes: { open: 1 }
    },
    {
      name: 'to 1,000 members, through NATS',
      size: { ...members, carrier: 'nats' },
      needs: programs.nats,
      target: { figure: 'cpuUs', atMost: 1.1 },
      takes: { open: 1 }
    },
    {
      name: 'to 1,000 members, from another worker',
      size: { ...members, carrier: 'workers' },
      target: { figure: 'cpuUs', atMost: 1.1 },
      takes: { open: 1 }
    }
  ],
  plan: { launches: 2 }
}
