import t from 'tap'
import { Pacer } from '../../lib/load/measure/pacer.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('starts as many as the rate has, at their times', async (t) => {
  const clock = new FakeClock()
  const starts: number[] = []
  const done = new Pacer({ clock, rate: 100, durationMs: 50 }).run((at) => starts.push(at))
  t.same(starts, [0])
  clock.advance(25)
  t.same(starts, [0, 10, 20])
  clock.advance(25)
  await done
  t.same(starts, [0, 10, 20, 30, 40])
  t.equal(clock.pending, 0)
})

t.test('what a standstill held up starts at once, and is told when it was meant', async (t) => {
  const clock = new FakeClock()
  const starts: [meant: number, at: number][] = []
  const done = new Pacer({ clock, rate: 1000, durationMs: 10 }).run((at) => {
    starts.push([at, clock.now()])
    // The first takes the event loop for as long as the whole load has.
    if (starts.length === 1) clock.advance(10)
  })
  clock.advance(1)
  await done
  t.same(
    starts.map(([meant]) => meant),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  )
  t.ok(starts.slice(1).every(([, at]) => at >= 10))
})

t.test('a pacer that is stopped starts nothing more', async (t) => {
  const clock = new FakeClock()
  let started = 0
  const pacer = new Pacer({ clock, rate: 1000, durationMs: 1000 })
  const done = pacer.run(() => started++)
  clock.advance(9)
  const before = started
  pacer.stop()
  await done
  clock.advance(100)
  t.equal(started, before)
  t.equal(clock.pending, 0)
  pacer.stop()
})

t.test('the slowest rate starts one', async (t) => {
  const clock = new FakeClock()
  let started = 0
  const done = new Pacer({ clock, rate: 0.001, durationMs: 5 }).run(() => started++)
  clock.advance(5)
  await done
  t.equal(started, 1)
})
