/** `npm run bench`: asks each question, and writes the answers under `bench/`. */
import { writeFileSync } from 'node:fs'
import { describeEnvironment, packageRoot } from './lib/environment.js'
import { measureCase } from './lib/measure.js'
import { type Options, readOptions, usage } from './lib/options.js'
import { programUrl, type Question } from './lib/question.js'
import { renderResult, writeReadme } from './lib/report.js'
import { loadResults, type Result, saveResult, toJson } from './lib/results.js'
import { hookDataChannel } from './questions/hook-datachannel.js'
import { hookWebSocket } from './questions/hook-websocket.js'

const questions: readonly Question[] = [hookWebSocket, hookDataChannel]
const names = questions.map(({ name }) => name)

function chosen(only: string[]): readonly Question[] {
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${names.join(', ')}`)
  return only.length === 0 ? questions : questions.filter(({ name }) => only.includes(name))
}

function besideItself(question: Question): Question {
  return { ...question, floor: 'our own server, once more', floorProgram: programUrl('serve') }
}

async function ask(question: Question, plan: Options['plan']): Promise<Result> {
  const { name, title, floor } = question
  const { launches, rounds, warmupMs, roundMs } = plan
  const environment = describeEnvironment()
  const cases: Result['cases'] = []
  for (const asked of question.cases) {
    process.stderr.write(`${title}: ${asked.clients} x ${asked.inFlight}\n`)
    cases.push({ ...asked, rounds: await measureCase(question, asked, plan) })
  }
  return { name, title, floor, environment, plan: { launches, rounds, warmupMs, roundMs }, cases }
}

function keep(results: Result[]): void {
  const bench = new URL('bench/', packageRoot())
  const folder = new URL('results/', bench)
  for (const result of results) saveResult(folder, result)
  writeReadme(new URL('README.md', bench), loadResults(folder, names))
}

async function run({ plan, quick, only, againstItself, json }: Options): Promise<void> {
  const results: Result[] = []
  for (const question of chosen(only)) {
    const result = await ask(againstItself ? besideItself(question) : question, plan)
    results.push(result)
    process.stdout.write(`${renderResult(result)}\n\n`)
  }
  if (json !== undefined) writeFileSync(json, toJson(results))
  else if (!quick && !againstItself && plan.profileDir === undefined) keep(results)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(usage)
  else await run(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
