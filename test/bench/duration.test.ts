import t from 'tap'
import { minutes, plannedSeconds, renderDurations } from '../../bench/lib/duration.js'
import { readOptions } from '../../bench/lib/options.js'
import type { Question } from '../../bench/lib/question.js'
import { questions } from '../../bench/questions/index.js'

const plan = { launches: 2, rounds: 3, warmupMs: 1000, roundMs: 500 }

t.test('a case with a plan of its own takes less, and what a round needs beside it takes more', async (t) => {
  const question = { ...questions[0], plan: {} } as Question
  const seconds = (change: object): number =>
    plannedSeconds({ ...question, cases: [{ name: 'one', size: {}, ...change }] }, plan)
  t.ok(seconds({ plan: { launches: 1 } }) < seconds({}))
  t.equal(
    seconds({ plan: { launches: 5 } }),
    seconds({ plan: { launches: 2 } }),
    'no case has more launches than the plan'
  )
  t.equal(seconds({ takes: { round: 2 } }) - seconds({}), 2 * 3 * 2 * question.subjects.length)
})

/** Of all questions but the long run, whose length is an option. */
function suiteSeconds(argv: string[]): number {
  const options = readOptions(argv)
  if (options === null) throw new Error('no options')
  const asked = questions
    .filter(({ overTime }) => !overTime)
    .map((one) => (options.quick ? { ...one, cases: one.cases.filter(({ quick }) => quick) } : one))
  return asked.reduce(
    (sum, question) => sum + plannedSeconds(question, options.plan, options.quick),
    options.minutes * 60
  )
}

t.test(
  'the whole suite is planned to take less than an hour, and a quick run well under ten minutes',
  async (t) => {
    t.ok(suiteSeconds([]) < 60 * 60, minutes(suiteSeconds([])))
    t.ok(suiteSeconds(['--quick']) < 8 * 60, minutes(suiteSeconds(['--quick'])))
  }
)

t.test('each question says what it was to take and took, and all of them together', async (t) => {
  const planned = [
    { name: 'broadcast', planned: 61 },
    { name: 'state', planned: 120 }
  ]
  t.equal(
    renderDurations(planned),
    '  broadcast           1:01 planned\n  state               2:00 planned\n  all                 3:01 planned'
  )
  t.match(renderDurations(planned.map((one) => ({ ...one, used: 59.6 }))), /all +3:01 planned +1:59 used$/)
})
