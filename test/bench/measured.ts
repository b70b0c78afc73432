import t from 'tap'
import { describeEnvironment } from '../../bench/lib/environment.js'
import { measureCase } from '../../bench/lib/measure.js'
import { drawResult } from '../../bench/lib/picture.js'
import type { Question } from '../../bench/lib/question.js'
import { renderResult } from '../../bench/lib/report.js'
import { emptyResult } from '../../bench/lib/results.js'

const plan = { launches: 1, rounds: 1, warmupMs: 20, roundMs: 20 }

/**
 * Asks a question with a load so small that it says nothing, but goes the whole way: servers, rounds,
 * table and picture. Its servers take seconds to start through the loader of the tests, so that each
 * question has a test file of its own.
 */
export function measures<Size>(question: Question<Size>, size: Size): void {
  const names = question.subjects.map(({ name }) => name)
  t.test(`${question.name} puts the same load on ${names.join(', ')}: ${JSON.stringify(size)}`, async (t) => {
    const untyped = question as Question
    const rounds = await measureCase(untyped, { name: 'small', size: size as object }, plan)
    t.equal(rounds.length, 1)
    for (const name of names) {
      const sample = rounds[0]?.[name]
      t.ok(sample && sample.operations > 0 && Number(sample.cpuUs) > 0, name)
      for (const figure of question.figures) t.type(sample?.[figure], 'number', `${name}: ${figure}`)
    }
    const result = emptyResult(untyped, plan, describeEnvironment())
    result.cases.push({ name: 'small', rounds })
    const table = renderResult(result)
    for (const name of names) t.match(table, `| ${name} |`)
    t.match(drawResult(result), /^<svg /)
  })
}
