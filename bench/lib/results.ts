import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.js'
import type { Plan, Round } from './measure.js'
import type { Measure } from './measured-once.js'
import type { Figure, Question, Shown, Subject, Target } from './question.js'

/** Of the shape of the files in `bench/results/`; another shape, another number. */
export const version = 1

/** The answer to one question, with every round of it, as `bench/results/NAME.json` keeps it. */
export interface Result {
  version: typeof version
  name: string
  title: string
  operation: string
  dimension: string
  figures: readonly Figure[]
  shown: Shown
  overTime: boolean
  /** The first is ours, the second what the others are held against. */
  subjects: Pick<Subject, 'name' | 'what'>[]
  environment: Environment
  plan: Pick<Plan, 'launches' | 'rounds' | 'warmupMs' | 'roundMs'>
  cases: CaseResult[]
  /** What was measured by itself. */
  once?: Measure[]
}

export interface CaseResult {
  name: string
  target?: Target
  rounds: Round[]
}

/** A result of the question without its cases yet. */
export function emptyResult(question: Question, plan: Plan, environment: Environment): Result {
  const { name, title, operation, dimension, figures, overTime = false, subjects } = question
  const { shown = { figure: 'cpuUs' } } = question
  const { launches, rounds, warmupMs, roundMs } = plan
  return {
    version,
    name,
    title,
    operation,
    dimension,
    figures,
    shown,
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

/**
 * All results that are kept, in the order of the names given; others are left out. Throws an error that names
 * a file which cannot be read or is of another version.
 */
export function loadResults(folder: URL, names: readonly string[]): Result[] {
  const files = new Set(readdirSync(folder))
  return names
    .filter((name) => files.has(`${name}.json`))
    .map((name) => readResult(new URL(`${name}.json`, folder), name))
}

function readResult(file: URL, name: string): Result {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8')) as Partial<Result> | null
    if (result?.version === version && result.name === name) return result as Result
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const path = fileURLToPath(file)
  throw new Error(`${path} is no result of this version of the benchmark: remove it, and measure it again`)
}
