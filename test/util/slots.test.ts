import t from 'tap'
import { Slots } from '../../lib/util/slots.js'
import { deferred, settled } from '../fixtures/test-socket.js'

t.test('so much is under way, and the rest begins in its order, also behind what fails', async (t) => {
  const slots = new Slots(2)
  const begun: number[] = []
  const works = Array.from({ length: 5 }, () => deferred<number>())
  const done = works.map(({ promise }, n) =>
    slots.use(() => {
      begun.push(n)
      return promise
    })
  )
  await settled()
  t.same(begun, [0, 1])
  works[1]?.reject(new Error('failed'))
  await t.rejects(done[1] as Promise<number>, { message: 'failed' })
  t.same(begun, [0, 1, 2])
  works[0]?.resolve(0)
  works[2]?.resolve(2)
  t.same(await Promise.all([done[0], done[2]]), [0, 2])
  await settled()
  t.same(begun, [0, 1, 2, 3, 4])
  for (const n of [3, 4]) works[n]?.resolve(n)
  t.same(await Promise.all([done[3], done[4]]), [3, 4])
  t.equal(await slots.use(async () => 'at once'), 'at once')
})
