import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { type AnswerHead, Answers } from '../../lib/presence/answers.js'
import { makeTracked, type Tracked } from '../../lib/presence/meta.js'
import { OwnLog } from '../../lib/presence/own-log.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

const sizes = { keptOps: 10, partOps: 2, fewOps: 3, window: 2, stepsATurn: 1 }

const trackedOf = (n: number): Tracked => makeTracked('room:1', `user${n}`, {}, { phx_ref: `${n}` })

/** A node with so many presences after so many operations, and what it sends to `b`. */
function scene(presences: number, operations: number) {
  const clock = new FakeClock()
  const own = new OwnLog({ clock, sizes, send: () => {} })
  for (let n = 0; n < operations; n++) own.add({ left: '', joined: trackedOf(n) })
  const sent: [AnswerHead, number][] = []
  const engine = { takes: true }
  const answers = new Answers({
    clock,
    log: new RecordingLogger(),
    sizes,
    own,
    state: () => Array.from({ length: presences }, (_, n) => trackedOf(n)),
    send(_to, head, ops) {
      if (engine.takes) sent.push([head, ops.length])
      return engine.takes
    }
  })
  return { clock, own, answers, sent, engine }
}

const turns = async (count = 10): Promise<void> => {
  for (let i = 0; i < count; i++) await turn()
}

t.test('few operations are sent as they are, also none', async (t) => {
  const { answers, sent } = scene(0, 8)
  answers.ask('b', 1, 5)
  await turns()
  t.same(sent.splice(0), [
    [{ kind: 'ops', from: 5 }, 2],
    [{ kind: 'ops', from: 7 }, 1]
  ])
  answers.ask('b', 2, 8)
  await turns()
  t.same(sent, [[{ kind: 'ops', from: 8 }, 0]])
  t.equal(answers.size, 0)
})

t.test('a state is sent where it is shorter, or where operations are not kept any more', async (t) => {
  const { answers, sent } = scene(1, 8)
  answers.ask('b', 1, 0)
  await turns()
  t.same(sent, [[{ kind: 'state', id: 1, index: 0, clock: 8, isLast: true }, 1]])
  const old = scene(0, 20)
  old.answers.ask('b', 7, 9)
  await turns()
  t.same(old.sent, [[{ kind: 'state', id: 7, index: 0, clock: 20, isLast: true }, 0]])
})

t.test('no more parts of a state are under way than there is room for', async (t) => {
  const { answers, sent } = scene(9, 20)
  answers.ask('b', 1, 0)
  await turns()
  t.equal(sent.length, 2)
  answers.taken('b', 2, 0)
  answers.taken('c', 1, 0)
  await turns()
  t.equal(sent.length, 2)
  answers.taken('b', 1, 0)
  await turns()
  t.equal(sent.length, 3)
  for (const index of [1, 2, 3]) answers.taken('b', 1, index)
  await turns()
  t.same(
    sent.map(([, count]) => count),
    [2, 2, 2, 2, 1]
  )
  t.match(sent.at(-1), [{ index: 4, isLast: true }])
  t.equal(answers.size, 0)
})

t.test('who does not say that parts come is given up, and so is an engine that takes nothing', async (t) => {
  const { answers, clock, engine, sent } = scene(9, 20)
  answers.ask('b', 1, 0)
  await turns()
  clock.advance(10_000)
  t.equal(answers.size, 0)
  engine.takes = false
  answers.ask('b', 2, 0)
  await turns()
  clock.advance(1_000)
  t.equal(answers.size, 1)
  engine.takes = true
  clock.advance(50)
  await turns()
  t.equal(sent.length, 4)
  engine.takes = false
  answers.taken('b', 2, 1)
  await turns()
  clock.advance(10_000)
  t.equal(answers.size, 0)
})

t.test('who asks again is answered anew, and nothing goes to who has gone', async (t) => {
  const { answers, sent, clock } = scene(9, 20)
  answers.ask('b', 1, 0)
  await turns()
  answers.ask('b', 2, 0)
  await turns()
  t.match(sent.splice(0), [
    { length: 2 },
    [{ id: 1, index: 1 }],
    [{ id: 2, index: 0 }],
    [{ id: 2, index: 1 }]
  ])
  answers.stop('b')
  answers.taken('b', 2, 1)
  await turns()
  t.same(sent, [])
  answers.ask('b', 3, 0)
  answers.close()
  await turns()
  t.same(sent, [])
  t.equal(clock.pending, 0)
})

t.test('of all answers together one part goes out in a turn', async (t) => {
  const { answers, sent } = scene(4, 20)
  for (const node of ['b', 'c', 'd']) answers.ask(node, 1, 0)
  const counts: number[] = []
  for (let i = 0; i < 8; i++) {
    await turn()
    counts.push(sent.length)
  }
  t.same(counts.slice(0, 6), [1, 2, 3, 4, 5, 6])
  t.equal(sent.length, 6)
})
