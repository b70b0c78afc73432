import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../lib/turns.js'

t.test('pieces of work are done in their order, others are served between two of them', async (t) => {
  const turns = new Turns()
  const seen: string[] = []
  const other = async (): Promise<void> => {
    while (seen.filter((name) => name !== 'other').length < 3) {
      await turn()
      seen.push('other')
    }
  }
  const work = ['first', 'second', 'third'].map((name) => turns.take(() => seen.push(name)))
  t.same(seen, [], 'none is done at once')
  await Promise.all([other(), ...work])
  t.same(
    seen.filter((name) => name !== 'other'),
    ['first', 'second', 'third']
  )
  const between = seen.slice(seen.indexOf('first'), seen.indexOf('third'))
  t.same(between, ['first', 'other', 'second', 'other'])
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
