import t from 'tap'
import { CallIntake } from '../../lib/hooks/call-intake.js'

t.test('what was taken of calls is their highest id, whatever comes between', async (t) => {
  const intake = new CallIntake()
  for (const id of [1, '2', undefined, '"seven"', 1]) t.ok(intake.take(id))
  t.equal(intake.close(), 2)
  t.notOk(intake.take(3), 'no more are')
  t.equal(intake.close(), 2)
})

t.test('where none had a number there is nothing to tell', async (t) => {
  const intake = new CallIntake()
  t.ok(intake.take('"one"'))
  t.equal(intake.close(), null)
})
