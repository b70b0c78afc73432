import t from 'tap'
import { BindWatch } from '../../lib/webrtc/bind-watch.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('what failed once is tried again until it works', async (t) => {
  const clock = new FakeClock()
  let tries = 0
  let works = false
  const watch = new BindWatch(clock, () => {
    tries++
    return works
  })
  t.notOk(watch.isFailing)
  watch.failed()
  watch.failed()
  clock.advance(3_000)
  t.ok(watch.isFailing)
  t.equal(tries, 3)
  works = true
  clock.advance(1_000)
  t.notOk(watch.isFailing)
  clock.advance(60_000)
  t.equal(tries, 4, 'and then no more')
})

t.test('a peer that binds ends it as well, and so does the end of all', async (t) => {
  const clock = new FakeClock()
  const watch = new BindWatch(clock, () => false)
  watch.failed()
  watch.succeeded()
  t.notOk(watch.isFailing)
  watch.failed()
  watch.close()
  watch.failed()
  t.notOk(watch.isFailing)
  t.equal(clock.pending, 0)
})
