/** `npm run bench`: asks each question, and writes the answers under `bench/`. */
import { writeFileSync } from 'node:fs'
import { describeEnvironment, packageRoot } from './lib/environment.js'
import { measureCase, type Plan, planFor } from './lib/measure.js'
import { type Options, readOptions, usage } from './lib/options.js'
import { savePicture } from './lib/picture.js'
import { ours, type Question, type Subject } from './lib/question.js'
import { renderResult, renderTargets, writeReadme } from './lib/report.js'
import { emptyResult, loadResults, type Result, saveResult, toJson } from './lib/results.js'
import { runningServer, withTarget } from './lib/target.js'
import { questions } from './questions/index.js'

const names = questions.map(({ name }) => name)

function chosen({ only, quick, target, targetPid, againstItself }: Options): readonly Question[] {
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${names.join(', ')}`)
  return questions
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .map((question) =>
      quick ? { ...question, cases: question.cases.filter(({ quick }) => quick) } : question
    )
    .map((question) => (againstItself ? besideItself(question) : question))
    .map((question) =>
      target === undefined ? question : withTarget(question, target, runningServer(targetPid))
    )
}

function besideItself(question: Question): Question {
  const [own] = question.subjects as [Subject]
  const again = { ...own, ...ours, name: 'floor', what: 'our own server, once more' }
  return { ...question, subjects: [own, again] }
}

/** A long run has as many rounds as its time has, each server in turn. */
function roundsFor(question: Question, { plan, minutes }: Options): Plan {
  const own = planFor(question, plan)
  if (!question.overTime) return own
  const rounds = Math.ceil((minutes * 60_000) / (plan.roundMs * question.subjects.length))
  return { ...own, launches: 1, rounds }
}

async function ask(question: Question, options: Options): Promise<Result> {
  const plan = roundsFor(question, options)
  const result = emptyResult(question, plan, describeEnvironment())
  for (const asked of question.cases) {
    process.stderr.write(`${question.title}: ${asked.name}\n`)
    const { name, target } = asked
    result.cases.push({ name, ...(target && { target }), rounds: await measureCase(question, asked, plan) })
  }
  return result
}

function keep(results: Result[]): void {
  const bench = new URL('bench/', packageRoot())
  const folder = new URL('results/', bench)
  for (const result of results) {
    saveResult(folder, result)
    savePicture(folder, result)
  }
  writeReadme(new URL('README.md', bench), loadResults(folder, names))
}

async function run(options: Options): Promise<void> {
  const { plan, quick, againstItself, target, json } = options
  const results: Result[] = []
  for (const question of chosen(options)) {
    const result = await ask(question, options)
    results.push(result)
    process.stdout.write(`${renderResult(result)}\n\n`)
  }
  process.stdout.write(`${renderTargets(results)}\n`)
  const isOfficial = !quick && !againstItself && target === undefined && plan.profileDir === undefined
  if (json !== undefined) writeFileSync(json, toJson(results))
  else if (isOfficial) keep(results)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(usage)
  else await run(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
