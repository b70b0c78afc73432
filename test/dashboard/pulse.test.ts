import t from 'tap'
import type { DashboardHost } from '../../lib/dashboard/host.js'
import type { Nodes } from '../../lib/dashboard/nodes.js'
import { Pulse } from '../../lib/dashboard/pulse.js'
import { silentLogger } from '../../lib/util/logger.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('who leaves and comes while nodes are asked makes no second pulse', async (t) => {
  const clock = new FakeClock()
  const asked: (() => void)[] = []
  const nodes = {
    silent: new Map(),
    ask: () => new Promise((resolve) => asked.push(() => resolve({ answers: [], silent: [], costMs: 0 })))
  } as unknown as Nodes
  const pulse = new Pulse({ clock, log: silentLogger } as unknown as DashboardHost, nodes)
  const leave = pulse.listen(() => {})
  clock.advance(1000)
  t.equal(asked.length, 1)
  leave()
  const told = new Promise((resolve) => pulse.listen(resolve))
  asked.shift()?.()
  await told
  // What was told is followed by the wait for the next one.
  await new Promise(setImmediate)
  clock.advance(1000)
  t.equal(asked.length, 1)
})
