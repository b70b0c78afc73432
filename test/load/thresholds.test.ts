import t from 'tap'
import { checkThresholds, metricsOf, readThreshold } from '../../lib/load/options/thresholds.js'
import { scenarios } from '../../lib/load/scenarios/kinds.js'

const metrics = metricsOf(scenarios.broadcast)

t.test('a threshold is a metric, a comparison and a number, with spaces or without', async (t) => {
  t.same(readThreshold('p99>50', metrics), { metric: 'p99', comparison: '>', limit: 50 })
  t.same(readThreshold(' last_max <= 1.5e3 ', metrics), { metric: 'last_max', comparison: '<=', limit: 1500 })
  t.same(readThreshold('missing_rate!=0', metrics), { metric: 'missing_rate', comparison: '!=', limit: 0 })
})

const wrong: [text: string, message: RegExp][] = [
  ['p99', /^--fail-if must be a metric, one of > >= < <= == != and a number, as in p99>50$/],
  ['', /^--fail-if must be/],
  ['p99=50', /^--fail-if must be/],
  ['p(99)>50', /^--fail-if must be/],
  ['p99>fast', /^--fail-if must be/],
  ['p99>50ms', /^--fail-if must be/],
  ['p99>1e999', /^--fail-if must be/],
  ['p98>50', /^--fail-if p98 is not measured by this scenario; there are min, mean, p50/],
  ['mising>0', /did you mean missing\?/],
  ['state_p99>5', /^--fail-if state_p99 is not measured/],
  ['toString>5', /^--fail-if toString is not measured/]
]
for (const [text, message] of wrong) {
  t.test(`${JSON.stringify(text)} is refused, and told why`, async (t) => {
    t.throws(() => readThreshold(text, metrics), { code: 'PHX_ERR_LOAD_OPTION', message })
  })
}

t.test('a scenario has the metrics of what it measures alone', async (t) => {
  t.notOk(metricsOf(scenarios.hook).includes('missing'))
  t.notOk(metricsOf(scenarios.joins).includes('not_connected'))
  t.ok(metricsOf(scenarios.presence).includes('state_p99'))
  t.ok(metricsOf(scenarios.hook).includes('datachannel_p50'))
})

const clean = { p99: 40, not_connected: 0, lost: 0, errors: 0, unanswered: 0, missing: 0, doubled: 0 }
const failing = (given: string[], figures: Record<string, number | null>): string[] =>
  checkThresholds(
    given.map((text) => readThreshold(text, metrics)),
    metrics,
    { ...clean, ...figures }
  )
    .filter(({ failed }) => failed)
    .map(({ failIf }) => failIf)

t.test('a load fails by what was asked, and by anything that went wrong', async (t) => {
  t.same(failing([], {}), [])
  t.same(failing(['p99>40'], {}), [])
  t.same(failing(['p99>=40', 'p99<41', 'p99==40', 'p99!=40'], {}), ['p99>=40', 'p99<41', 'p99==40'])
  t.same(failing(['p99>1'], { missing: 2, lost: 1 }), ['p99>1', 'lost>0', 'missing>0'])
})

t.test('who asks for less than perfection gets it', async (t) => {
  t.same(failing(['errors>10'], { errors: 10 }), [])
  t.same(failing(['error_rate>0.1'], { errors: 10, unanswered: 5, error_rate: 0.05 }), [])
  t.same(failing(['missing_rate>0.1'], { missing: 3, unanswered: 1, missing_rate: 0.2 }), [
    'missing_rate>0.1'
  ])
})

t.test('what was not measured fails', async (t) => {
  t.same(failing(['p99>50', 'p50>1'], { p99: null }), ['p99>50', 'p50>1'])
})
