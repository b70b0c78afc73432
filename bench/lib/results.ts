import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.js'
import type { Plan, Round } from './measure.js'
import type { Figure, Question, Subject, Target } from './question.js'

/** The answer to one question, with every round of it, as `bench/results/NAME.json` keeps it. */
export interface Result {
  name: string
  title: string
  operation: string
  dimension: string
  figures: readonly Figure[]
  overTime: boolean
  /** The first is ours, the second what the others are held against. */
  subjects: Pick<Subject, 'name' | 'what'>[]
  environment: Environment
  plan: Pick<Plan, 'launches' | 'rounds' | 'warmupMs' | 'roundMs'>
  cases: CaseResult[]
}

export interface CaseResult {
  name: string
  target?: Target
  rounds: Round[]
}

/** A result of the question without its cases yet. */
export function emptyResult(question: Question, plan: Plan, environment: Environment): Result {
  const { name, title, operation, dimension, figures, overTime = false, subjects } = question
  const { launches, rounds, warmupMs, roundMs } = plan
  return {
    name,
    title,
    operation,
    dimension,
    figures,
    overTime,
    subjects: subjects.map(({ name, what }) => ({ name, what })),
    environment,
    plan: { launches, rounds, warmupMs, roundMs },
    cases: []
  }
}

/** Four digits are more than the figures carry, and keep the differences between two runs readable. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(Math.abs(value) < 1e4 ? 4 : 12)) : value
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, shorten, 2)}\n`
}

export function saveResult(folder: URL, result: Result): void {
  writeFileSync(new URL(`${result.name}.json`, folder), toJson(result))
}

/** All results that are kept, in the order of the names given; others are left out. */
export function loadResults(folder: URL, names: readonly string[]): Result[] {
  const files = new Set(readdirSync(folder))
  return names
    .filter((name) => files.has(`${name}.json`))
    .map((name) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Result)
}
