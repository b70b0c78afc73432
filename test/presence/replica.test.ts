import t from 'tap'
import { makeTracked } from '../../lib/presence/meta.js'
import type { Op } from '../../lib/presence/ops.js'
import { RemotePresences } from '../../lib/presence/remote-presences.js'
import { Replica } from '../../lib/presence/replica.js'
import { Slices } from '../../lib/presence/slices.js'
import { Tracker } from '../../lib/presence/tracker.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

function scene() {
  const clock = new FakeClock()
  const changes: string[] = []
  const tracker = new Tracker((_topic, { joined, left }) => {
    if (joined !== undefined) changes.push(`+${joined.key}`)
    if (left !== undefined) changes.push(`-${left.key}`)
  })
  const asked: [id: number, clock: number][] = []
  const replica = new Replica({
    clock,
    slices: new Slices(new RecordingLogger(), 100),
    presences: new RemotePresences(tracker),
    ask: (id, clock) => void asked.push([id, clock]),
    taken: () => {}
  })
  return { clock, changes, asked, replica }
}

const joins = (...keys: string[]): Op[] =>
  keys.map((key) => ({ left: '', joined: makeTracked('room:1', key, {}, { phx_ref: `ref-${key}` }) }))

t.test('operations are taken once, in order, whatever comes twice or too early', async (t) => {
  const { replica, changes, asked } = scene()
  replica.up()
  replica.takeOps(0, joins('a', 'b'))
  replica.takeOps(0, joins('a', 'b'))
  replica.takeOps(3, joins('d'))
  replica.takeOps(4, joins('e'))
  t.same(changes, ['+a', '+b'])
  t.same(asked, [[1, 2]])
  replica.takeOps(1, joins('b', 'c', 'd'))
  t.same(changes, ['+a', '+b', '+c', '+d', '+e'])
  t.equal(asked.length, 1)
})

t.test('what is missing is asked for once in two seconds, when the node is heard', async (t) => {
  const { replica, clock, asked } = scene()
  replica.up()
  replica.hear(9)
  for (let i = 0; i < 4; i++) {
    clock.advance(1_000)
    replica.hear(9)
  }
  t.same(asked, [
    [1, 0],
    [2, 0],
    [3, 0]
  ])
})

t.test('nothing is shown of a node that is back before it is known what has changed', async (t) => {
  const { replica, changes, asked } = scene()
  replica.up()
  replica.takeOps(0, joins('a'))
  replica.down()
  t.same(changes.splice(0), ['+a', '-a'])
  replica.takeOps(1, joins('b'))
  replica.up()
  t.same(changes, [])
  replica.hear(3)
  t.same(changes, [])
  t.same(asked, [[1, 2]])
  replica.takeOps(2, [{ left: 'ref-a', joined: undefined }])
  t.same(changes, ['+b'])
})

t.test('half a state is never used: it begins anew when the node is back', async (t) => {
  const { replica, changes, asked } = scene()
  replica.up()
  replica.hear(5)
  const part = { id: 1, clock: 5, isLast: false }
  replica.takeState({ ...part, index: 0, ops: joins('a') })
  replica.down()
  replica.up()
  replica.hear(5)
  t.same(asked, [
    [1, 0],
    [2, 0]
  ])
  replica.takeState({ ...part, index: 1, isLast: true, ops: joins('b') })
  t.same(changes, [])
  replica.takeState({ ...part, id: 2, index: 0, ops: joins('c') })
  replica.takeOps(5, joins('e'))
  replica.takeState({ ...part, id: 2, index: 1, isLast: true, ops: joins('d') })
  t.same(changes, ['+c', '+d', '+e'])
})

t.test('of a state, who is new comes before who has gone leaves', async (t) => {
  const { replica, changes } = scene()
  replica.up()
  replica.takeOps(0, joins('a', 'b'))
  replica.hear(9)
  replica.takeState({ id: 1, index: 0, clock: 9, isLast: true, ops: joins('b', 'c') })
  t.same(changes, ['+a', '+b', '+c', '-a'])
})

t.test('more than is worth keeping too early is dropped, and comes with the answer', async (t) => {
  const { replica, changes } = scene()
  replica.up()
  for (let i = 0; i < 3; i++) {
    const from = 1 + i * 4_000
    replica.takeOps(
      from,
      Array.from({ length: 4_000 }, (): Op => ({ left: 'nobody', joined: undefined }))
    )
  }
  replica.takeOps(0, joins('a'))
  t.same(changes, [])
  replica.takeState({ id: 1, index: 0, clock: 12_001, isLast: true, ops: joins('z') })
  t.same(changes, ['+z'])
})

t.test('so is what has too many bytes', async (t) => {
  const fields = { text: 'x'.repeat(1024 * 1024) }
  const large = (key: string): Op[] => [
    { left: '', joined: makeTracked('room:1', key, fields, { phx_ref: `ref-${key}` }) }
  ]
  for (const [count, seen] of [
    [15, 16],
    [16, 0]
  ] as const) {
    const { replica, changes } = scene()
    replica.up()
    for (let i = 1; i <= count; i++) replica.takeOps(i, large(`k${i}`))
    replica.takeOps(0, joins('a'))
    t.equal(changes.length, seen)
  }
})
