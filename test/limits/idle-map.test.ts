import t from 'tap'
import { IdleMap } from '../../lib/limits/idle-map.js'
import { RateLimit } from '../../lib/limits/rate-limit.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const rate = { count: 5, windowMs: 10_000 }

t.test('however many keys come at once, only so many are kept, and those are the newest', async (t) => {
  const clock = new FakeClock()
  const map = new IdleMap(() => new RateLimit(rate), clock, 100)
  let most = 0
  for (let i = 0; i < 10_000; i++) {
    map.of(`key ${i}`).hit(clock.now())
    most = Math.max(most, map.size)
  }
  t.equal(most, 100)
  const last = map.of('key 9999')
  for (let i = 0; i < 4; i++) last.hit(clock.now())
  t.notOk(map.of('key 9999').hit(clock.now()), 'it is still known')
})

t.test('what is idle goes first', async (t) => {
  const clock = new FakeClock()
  const map = new IdleMap(() => new RateLimit(rate), clock, 100)
  for (let i = 0; i < 99; i++) map.of(`old ${i}`)
  for (let i = 0; i < 5; i++) map.of('busy').hit(clock.now())
  map.of('new')
  t.ok(map.size <= 2)
  t.notOk(map.of('busy').hit(clock.now()))
})
