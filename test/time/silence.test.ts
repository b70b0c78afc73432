import t from 'tap'
import { Silence } from '../../lib/time/silence.js'
import { FakeClock } from '../fixtures/fake-clock.js'

t.test('silence grows from look to look, and ends when something is heard', async (t) => {
  const clock = new FakeClock()
  const silence = new Silence(clock, 500)
  const looks: number[] = []
  for (let i = 0; i < 4; i++) {
    clock.advance(500)
    looks.push(silence.look())
    if (i === 1) silence.heard()
  }
  t.same(looks, [500, 1_000, 500, 1_000])
})

t.test('the time for which the process stood still does not count', async (t) => {
  const clock = new FakeClock()
  const silence = new Silence(clock, 500)
  clock.advance(60_000)
  t.equal(silence.look(), 500)
  clock.advance(900)
  t.equal(silence.look(), 1_400, 'a look that is a little late is one of a busy machine')
})
