/** `npm run bench`: asks each question, and writes the answers under `bench/`. */
import { writeFileSync } from 'node:fs'
import { writeBeside } from './lib/beside.js'
import { choose } from './lib/choose.js'
import { type Duration, plannedSeconds, renderDurations } from './lib/duration.js'
import { describeEnvironment, packageRoot } from './lib/environment.js'
import { measureCase, type Plan, planFor } from './lib/measure.js'
import { isPublishable, type Options, readOptions, usage } from './lib/options.js'
import { savePicture } from './lib/picture.js'
import type { Question } from './lib/question.js'
import { renderResult, renderTargets, writeReadme } from './lib/report.js'
import { emptyResult, loadResults, type Result, saveResult, toJson } from './lib/results.js'
import { loadTargetResults, saveTargetResult } from './lib/target-results.js'
import { questions } from './questions/index.js'

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** A long run has as many rounds as its time has, each server in turn. */
function fitted(question: Question, { plan, minutes }: Options): Plan {
  if (!question.overTime) return plan
  const rounds = Math.ceil((minutes * 60_000) / (plan.roundMs * question.subjects.length))
  return { ...plan, launches: 1, rounds, withoutTarget: { launches: 1, rounds } }
}

async function ask(question: Question, options: Options): Promise<Result> {
  const plan = fitted(question, options)
  const result = emptyResult(question, plan, describeEnvironment())
  for (const asked of question.cases) {
    say(`${question.title}: ${asked.name}`)
    const { name, target } = asked
    const rounds = await measureCase(question, asked, planFor(question, asked, plan))
    result.cases.push({ name, ...(target && { target }), rounds })
  }
  const { once } = question
  if (once !== undefined) {
    result.once = await once.measure(options.quick, (line) => say(`${question.title}: ${line}`))
  }
  return result
}

const bench = new URL('bench/', packageRoot())
const folder = new URL('results/', bench)

const targets = new URL('targets/', folder)
const names = questions.map(({ name }) => name)

/** Everything that is kept, on its pages. */
function writePages(): void {
  const kept = loadResults(folder, names)
  writeReadme(new URL('README.md', bench), kept)
  writeBeside(bench, kept, loadTargetResults(targets, names))
}

function keep(result: Result, targetName: string | undefined): void {
  if (targetName === undefined) {
    saveResult(folder, result)
    savePicture(folder, result)
  } else {
    saveTargetResult(targets, targetName, result)
  }
  writePages()
}

/** Hears of each answer at once, and of all that there are by then: a run may be broken off. */
type OnResult = (result: Result, all: readonly Result[]) => void

/** Asks all of them, whatever becomes of one. */
async function askAll(chosen: readonly Question[], options: Options, onResult: OnResult): Promise<void> {
  const results: Result[] = []
  const durations: Duration[] = chosen.map((question) => ({
    name: question.name,
    planned: plannedSeconds(question, fitted(question, options), options.quick)
  }))
  say(renderDurations(durations))
  for (const [i, question] of chosen.entries()) {
    const start = performance.now()
    try {
      const result = await ask(question, options)
      process.stdout.write(`${renderResult(result)}\n\n`)
      results.push(result)
      onResult(result, results)
    } catch (error) {
      say(`${question.name}: ${error instanceof Error ? error.stack : String(error)}`)
      process.exitCode = 1
    }
    durations[i] = { ...(durations[i] as Duration), used: (performance.now() - start) / 1000 }
  }
  process.stdout.write(`${renderTargets(results)}\n`)
  say(renderDurations(durations))
}

async function run(options: Options): Promise<void> {
  const { json } = options
  const isKept = json === undefined && isPublishable(options)
  const chosen = choose(questions, options, say)
  // What cannot be read or written is found before an hour of measuring, and not behind it.
  if (isKept) writePages()
  if (json !== undefined) writeFileSync(json, toJson([]))
  await askAll(chosen, options, (result, all) => {
    if (json !== undefined) writeFileSync(json, toJson(all))
    else if (isKept) keep(result, options.targetName)
  })
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(usage)
  else if (options.pages) writePages()
  else await run(options)
} catch (error) {
  // A question that fails has ended the run with 1; this is one that was not begun.
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
// A native peer that is still closing must not keep the process.
process.exit()
