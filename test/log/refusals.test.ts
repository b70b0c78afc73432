import t from 'tap'
import { noRefusals, Refusals, refusalKinds } from '../../lib/log/refusals.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

t.test('a burst of one kind is one line, and one with the number of the others', async (t) => {
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const counts = noRefusals()
  const refusals = new Refusals(log, clock, {}, undefined, counts)
  for (let i = 0; i < 100; i++) refusals.add('origin', { origin: 'http://evil.example' })
  refusals.add('duplicateJoin', { topic: 'a' })
  t.equal(log.lines.length, 2)
  clock.advance(1000)
  t.equal(log.lines.length, 3)
  t.match(log.lines.at(-1), { level: 'error', details: { refusal: 'origin', suppressed: 99 } })
  clock.advance(10_000)
  t.equal(log.lines.length, 3)
  t.equal(counts.origin, 100)
})

t.test('text of a client is cut', async (t) => {
  const log = new RecordingLogger()
  new Refusals(log, new FakeClock()).add('unmatchedTopic', {
    topic: 'x'.repeat(100_000),
    nested: { secret: 1 }
  })
  t.ok(JSON.stringify(log.lines).length < 600)
  t.notMatch(JSON.stringify(log.lines), /secret/)
})

t.test('a kind has another level, or none, where the option says so', async (t) => {
  const log = new RecordingLogger()
  const refusals = new Refusals(log, new FakeClock(), { origin: 'info', connect: false })
  refusals.add('origin', {})
  refusals.add('connect', {})
  t.match(log.lines, [{ level: 'info' }])
  const silent = new Refusals(log, new FakeClock(), false)
  for (const kind of refusalKinds) silent.add(kind, {})
  t.equal(log.lines.length, 1)
})
