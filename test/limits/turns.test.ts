import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../../lib/limits/turns.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

t.test('work is done in its order, and others are served when it has taken a few milliseconds', async (t) => {
  const clock = new FakeClock()
  const turns = new Turns(clock)
  const seen: string[] = []
  let working = true
  const other = async (): Promise<void> => {
    while (working) {
      await turn()
      seen.push('-')
    }
  }
  const work = ['a', 'b', 'c', 'd', 'e'].map((name) =>
    turns.take(() => {
      seen.push(name)
      clock.advance(2)
    })
  )
  t.same(seen, [], 'none is done at once')
  await Promise.all([other(), Promise.all(work).then(() => (working = false))])
  t.match(seen.join(''), /^-?ab-+cd-+e-*$/)
})

t.test('the result of the work is handed on, and what it throws disturbs nobody', async (t) => {
  const turns = new Turns()
  const failure = turns.take(() => {
    throw new Error('no')
  })
  const success = turns.take(() => 5)
  await t.rejects(failure, { message: 'no' })
  t.equal(await success, 5)
  t.equal(await turns.take(() => 6), 6, 'work goes on after there was none')
})

t.test('what throws in a later turn is logged, and what waits behind it has its turn', async (t) => {
  const log = new RecordingLogger()
  const turns = new Turns(new FakeClock(), log)
  const err = new Error('no')
  turns.later(() => {
    throw err
  })
  await new Promise<void>((resolve) => turns.later(resolve))
  t.same(log.lines, [{ level: 'error', details: { err }, message: 'work of a later turn failed' }])
})
