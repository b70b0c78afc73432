import t from 'tap'
import type { Round } from '../../bench/lib/measure.js'
import type { Target } from '../../bench/lib/question.js'
import { renderResult, renderTargets } from '../../bench/lib/report.js'
import { type CaseResult, type Result, version } from '../../bench/lib/results.js'
import { outcomes, parts, ratioOf } from '../../bench/lib/summary.js'

function round(ours: number, floor: number): Round {
  const sample = { operations: 1, perSecond: 1 }
  return { ours: { ...sample, cpuUs: ours }, floor: { ...sample, cpuUs: floor } }
}

function caseOf(rounds: Round[], target?: Target): CaseResult {
  return { name: 'many', rounds, ...(target && { target }) }
}

function resultOf(one: CaseResult): Result {
  return {
    version,
    name: 'question',
    title: 'Question',
    operation: 'a call',
    dimension: 'clients',
    figures: ['cpuUs'],
    shown: { figure: 'cpuUs' },
    overTime: false,
    subjects: [
      { name: 'ours', what: 'ours' },
      { name: 'floor', what: 'the library' }
    ],
    environment: {
      date: '2030-01-01T00:00:00.000Z',
      cpu: 'cpu',
      cores: 2,
      memoryGiB: 1,
      system: 'system',
      loadBefore: 0,
      versions: {}
    },
    plan: { launches: 1, rounds: 1, warmupMs: 1, roundMs: 1 },
    cases: [one]
  }
}

t.test('ratios are taken round by round, before their median is', async (t) => {
  const one = caseOf([round(2, 1), round(30, 10), round(400, 100)])
  t.same(ratioOf(one, 'ours', 'floor', 'cpuUs'), { median: 3, min: 2, max: 4 })
})

t.test('what was not measured has no ratio', async (t) => {
  const one = caseOf([round(2, 1)])
  t.equal(ratioOf(one, 'ours', 'floor', 'kibEach'), undefined)
  t.equal(ratioOf(one, 'ours', 'nobody', 'cpuUs'), undefined)
})

t.test('a target is met by the median, a ratio or the figure itself', async (t) => {
  const rounds = [round(10, 10), round(11, 10), round(20, 10)]
  const met = (target: Target) => outcomes(resultOf(caseOf(rounds, target))).map(({ met }) => met)
  t.same(met({ figure: 'cpuUs', atMost: 1.1 }), [true])
  t.same(met({ figure: 'cpuUs', atMost: 1.05 }), [false])
  t.same(met({ figure: 'cpuUs', atMost: 11, absolute: true }), [true])
  t.same(met({ figure: 'cpuUs', atMost: 10, absolute: true }), [false])
})

t.test('the table of the targets says which of them are missed', async (t) => {
  const one = caseOf([round(20, 10)], { figure: 'cpuUs', atMost: 1.1 })
  t.match(renderTargets([resultOf(one)]), /\| many \|.* 1\.1 \| \*\*2\.00\*\* \(2\.00 to 2\.00\) \| NO \|$/)
  t.equal(renderTargets([resultOf(caseOf([round(1, 1)]))]), '')
})

t.test('what was measured by itself has a table, and its targets are among the others', async (t) => {
  const once = [
    { name: 'a start', unit: 's', values: [1, 3, 2], atMost: 2 },
    { name: 'a stop', unit: 'ms', values: [150], atMost: 100 },
    { name: 'a size', unit: 'MB', values: [0.5] }
  ]
  const result = { ...resultOf(caseOf([round(1, 1)])), once }
  const targets = renderTargets([result])
  t.match(targets, '| Question | a start | s | 2 | **2.00** (1.00 to 3.00) | yes |')
  t.match(targets, '| Question | a stop | ms | 100 | **150** (150 to 150) | NO |')
  t.notMatch(targets, 'a size')
  t.match(renderResult(result), '| a size | MB | **0.500** (0.500 to 0.500) | 1 |')
  t.notMatch(renderResult(resultOf(caseOf([round(1, 1)]))), 'measured by itself')
})

t.test('a server that has no part in a case has no row in it', async (t) => {
  const result = resultOf(caseOf([round(1, 1)]))
  const subjects = [...result.subjects, { name: 'absent', what: 'not there' }]
  t.notMatch(renderResult({ ...result, subjects }), '| absent |')
})

t.test('a target is missed where clients of ours failed, however good the figure is', async (t) => {
  const target: Target = { figure: 'cpuUs', atMost: 100, absolute: true }
  const failing = (name: 'ours' | 'floor'): CaseResult => {
    const failed = round(1, 1)
    Object.assign(failed[name] as object, { failed: 2 })
    return caseOf([round(1, 1), failed, failed], target)
  }
  t.match(renderTargets([resultOf(failing('ours'))]), /\| NO, 4 failed \|$/)
  t.match(renderTargets([resultOf(failing('floor'))]), /\| yes \|$/)
})

t.test('a long run falls into parts of equal length, and no round is lost', async (t) => {
  const rounds = Array.from({ length: 10 }, (_, i) => round(i, 1))
  const all = parts(caseOf(rounds), 4)
  t.same(
    all.map(({ rounds }) => rounds.length),
    [3, 2, 3, 2]
  )
  t.same(
    all.flatMap(({ rounds }) => rounds),
    rounds
  )
  t.equal(parts(caseOf(rounds.slice(0, 3)), 4).length, 1)
})
