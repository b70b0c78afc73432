import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { loadResults, type Result, saveResult } from './results.js'

/** What was measured of a server that ran already, under the name that it was given. */
export interface TargetResults {
  readonly name: string
  readonly results: readonly Result[]
}

/** Whether a target may be called that: the name is a heading, and its folder's. */
export const isTargetName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9 .+-]{0,39}$/.test(text)

const folderOf = (name: string): string => `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}/`

/** Keeps an answer in the folder of its target, beside those of others. */
export function saveTargetResult(folder: URL, name: string, result: Result): void {
  const own = new URL(folderOf(name), folder)
  mkdirSync(own, { recursive: true })
  saveResult(own, result)
}

/** All that is kept of targets, by name. Throws as `loadResults` does. */
export function loadTargetResults(folder: URL, questions: readonly string[]): TargetResults[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => loadResults(new URL(`${name}/`, folder), questions))
    .flatMap((results) => {
      const name = results[0]?.subjects.at(-1)?.name
      return name === undefined ? [] : [{ name, results }]
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
