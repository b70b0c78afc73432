import { isInstalled } from '../../lib/installed.js'
import type { Measure } from '../../lib/measured-once.js'
import type { Once } from '../../lib/question.js'
import type { CarrierName } from '../carrier.js'
import { bystander } from './bystander.js'
import { change } from './change.js'
import { deaf } from './deaf.js'
import { firstJoin } from './first-join.js'
import { latency } from './latency.js'
import { leaving } from './leaving.js'
import { longpoll } from './longpoll.js'
import { newcomer } from './newcomer.js'
import { rest } from './rest.js'
import { split } from './split.js'
import { topics } from './topics.js'

interface Part {
  readonly name: string
  readonly carrier: CarrierName
  readonly quick?: boolean
  measure(quick: boolean): Promise<Measure[]>
}

const programs: Readonly<Record<CarrierName, string | undefined>> = {
  redis: 'redis-server',
  nats: 'nats-server',
  workers: undefined
}

const all: readonly CarrierName[] = ['redis', 'nats', 'workers']
const engines = ['redis', 'nats'] as const

const parts: readonly Part[] = [
  ...all.map((carrier) => ({
    name: `latency through ${carrier}`,
    carrier,
    quick: carrier === 'redis',
    measure: (quick: boolean) => latency(carrier, quick)
  })),
  ...all.map((carrier) => ({
    name: `a node that nothing concerns, ${carrier}`,
    carrier,
    measure: (quick: boolean) => bystander(carrier, quick)
  })),
  { name: 'first join of a topic', carrier: 'redis', quick: true, measure: firstJoin },
  ...all.map((carrier) => ({
    name: `SIGKILL of a node, ${carrier}`,
    carrier,
    quick: carrier === 'workers',
    measure: (quick: boolean) =>
      leaving(carrier, 'SIGKILL', { atMost: carrier === 'workers' ? 0.3 : 6, rounds: quick ? 1 : 3 })
  })),
  ...all.map((carrier) => ({
    name: `graceful stop, ${carrier}`,
    carrier,
    quick: carrier === 'redis',
    measure: (quick: boolean) => leaving(carrier, 'SIGTERM', { atMost: 0.2, rounds: quick ? 1 : 3 })
  })),
  ...all.map((carrier) => ({
    name: `a presence change, ${carrier}`,
    carrier,
    quick: carrier === 'redis',
    measure: (quick: boolean) => change(carrier, quick)
  })),
  { name: 'a split', carrier: 'redis', measure: split },
  { name: 'a new node', carrier: 'redis', quick: true, measure: newcomer },
  ...all.map((carrier) => ({
    name: `at rest, ${carrier}`,
    carrier,
    quick: carrier === 'redis',
    measure: (quick: boolean) => rest(carrier, quick)
  })),
  ...engines.map((carrier) => ({
    name: `deafness, ${carrier}`,
    carrier,
    measure: (quick: boolean) => deaf(carrier, quick)
  })),
  { name: '10,000 topics subscribed anew', carrier: 'redis', quick: true, measure: topics },
  { name: 'long-poll through the other node', carrier: 'redis', quick: true, measure: longpoll }
]

/** Whether a part is measured; says so where its engine is missing. */
function isAsked(
  { name, carrier, quick: isQuick = false }: Part,
  quick: boolean,
  say: (line: string) => void
): boolean {
  if (quick && !isQuick) return false
  const program = programs[carrier]
  if (program === undefined || isInstalled(program)) return true
  say(`${name}: left out, as ${program} is not here`)
  return false
}

/** What a cluster is asked that fits no round. */
export const clusterOnce: Once = {
  takes: { full: 480, quick: 45 },
  async measure(quick, say) {
    const measures: Measure[] = []
    for (const part of parts) {
      if (!isAsked(part, quick, say)) continue
      say(part.name)
      measures.push(...(await part.measure(quick)))
    }
    return measures
  }
}
