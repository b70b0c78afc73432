import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Slices } from '../../lib/presence/slices.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

t.test('little is done at once, and much in slices and in order', async (t) => {
  const log = new RecordingLogger()
  const slices = new Slices(log, 3)
  const done: string[] = []
  function* work(name: string, steps: number): Generator<void> {
    for (let i = 0; i < steps; i++) {
      done.push(name)
      yield
    }
  }
  slices.add(work('a', 2))
  t.same(done.splice(0), ['a', 'a'])
  slices.add(work('b', 4))
  slices.add(work('c', 2))
  t.same(done.splice(0), ['b', 'b', 'b'])
  await turn()
  t.same(done.splice(0), ['b', 'c'])
  await turn()
  t.same(done.splice(0), ['c'])
  t.same(log.lines, [])
})

t.test('work that fails ends, and the rest goes on', async (t) => {
  const log = new RecordingLogger()
  const slices = new Slices(log, 3)
  const done: string[] = []
  const failing: Iterator<void> = {
    next() {
      throw new Error('broken')
    }
  }
  slices.add(failing)
  slices.add(
    (function* (): Generator<void> {
      done.push('next')
      yield
    })()
  )
  t.same(done, ['next'])
  t.same(log.messages('error'), ['presences of other nodes could not be applied'])
})
