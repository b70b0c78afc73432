import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.js'
import type { Plan, Round } from './measure.js'
import type { Case } from './question.js'

/** The answer to one question, with every round of it, as `bench/results/NAME.json` keeps it. */
export interface Result {
  name: string
  title: string
  floor: string
  environment: Environment
  plan: Pick<Plan, 'launches' | 'rounds' | 'warmupMs' | 'roundMs'>
  cases: (Case & { rounds: Round[] })[]
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
