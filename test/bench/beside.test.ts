import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { compared, drawBeside, renderBeside, writeBeside } from '../../bench/lib/beside.js'
import { describeEnvironment } from '../../bench/lib/environment.js'
import type { Question } from '../../bench/lib/question.js'
import { emptyResult, type Result } from '../../bench/lib/results.js'
import { runningServer, withTarget } from '../../bench/lib/target.js'
import { loadTargetResults, saveTargetResult } from '../../bench/lib/target-results.js'
import { questions } from '../../bench/questions/index.js'

const plan = { launches: 1, rounds: 1, warmupMs: 1, roundMs: 1 }
const named = (name: string): Question => questions.find((question) => question.name === name) as Question

/** An answer to the question, in which each server took so many microseconds in every case. */
function answered(question: Question, cpuUs: Record<string, number>): Result {
  const result = emptyResult(question, plan, describeEnvironment())
  for (const { name } of question.cases) {
    const round = Object.fromEntries(
      Object.entries(cpuUs).map(([server, us]) => [server, { operations: 1, perSecond: 1, cpuUs: us }])
    )
    result.cases.push({ name, rounds: [round] })
  }
  return result
}

const results = [
  answered(named('hook-websocket'), { ours: 11, floor: 10, 'Socket.IO': 12 }),
  answered(named('state'), { ours: 50, floor: 40, 'geckos.io': 60 })
]

const version = { name: 'Phoenix', what: 'Phoenix 1.8.1 on Bandit 1.8.0' }
const phoenix = answered(
  withTarget(named('hook-websocket'), 'ws://127.0.0.1:1/bench', runningServer(undefined), version),
  { ours: 22, floor: 20, Phoenix: 32 }
)

t.test('what the picture shows is asked', async (t) => {
  for (const { question, drawn } of compared) {
    const cases = named(question).cases.map(({ name }) => name)
    for (const name of drawn) t.ok(cases.includes(name), `${question}: ${name}`)
  }
})

t.test('everyone is a column, as a multiple of the floor', async (t) => {
  const page = renderBeside(results, [])
  t.match(page, '| load | floor, µs | ours | Socket.IO | geckos.io |')
  t.match(
    page,
    '| hook call, WebSocket: 1 x 1, 16 B | **10.0** (10.0 to 10.0) | **1.10** (1.10 to 1.10) | **1.20** (1.20 to 1.20) | - |'
  )
  t.match(
    page,
    '| state, 30 Hz: 1 x 50, 1 KiB | **40.0** (40.0 to 40.0) | **1.25** (1.25 to 1.25) | - | **1.50**'
  )
  t.match(page, describeEnvironment().cpu, 'the machine')
  t.match(drawBeside(results, []), /^<svg /)
})

t.test('a target is held against the floor of its own run, and has a table beside ours', async (t) => {
  const page = renderBeside(results, [{ name: 'Phoenix', results: [phoenix] }])
  t.match(page, '| load | floor, µs | ours | Socket.IO | geckos.io | Phoenix |')
  t.match(page, /hook call, WebSocket: 1 x 1, 16 B .* \*\*1\.60\*\* \(1\.60 to 1\.60\) \|/)
  t.match(page, '## Beside Phoenix\n\nPhoenix 1.8.1 on Bandit 1.8.0, in the same run.')
  t.match(page, '| load | floor, µs | ours | Phoenix | ours : Phoenix |')
  t.match(
    page,
    '**20.0** (20.0 to 20.0) | **1.10** (1.10 to 1.10) | **1.60** (1.60 to 1.60) | **0.69** (0.69 to 0.69) |'
  )
  t.match(drawBeside(results, [{ name: 'Phoenix', results: [phoenix] }]), 'Phoenix')
})

t.test('the figures of targets are kept by name, beside each other', async (t) => {
  const folder = pathToFileURL(`${t.testdir({ results: { targets: {} } })}/`)
  const targets = new URL('results/targets/', folder)
  const names = questions.map(({ name }) => name)
  t.same(loadTargetResults(new URL('none/', folder), names), [])
  saveTargetResult(targets, 'Phoenix', phoenix)
  const other = withTarget(named('hook-websocket'), 'ws://a', runningServer(undefined), { name: 'Other one' })
  saveTargetResult(targets, 'Other one', answered(other, { ours: 1, floor: 1, 'Other one': 2 }))
  const kept = loadTargetResults(targets, names)
  t.same(
    kept.map(({ name }) => name),
    ['Other one', 'Phoenix']
  )
  writeBeside(folder, results, kept)
  t.match(readFileSync(new URL('beside.md', folder), 'utf8'), 'Other one')
  t.match(readFileSync(new URL('results/beside.svg', folder), 'utf8'), /^<svg /)
})
