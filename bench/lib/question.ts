import type { HookClient } from './closed-loop.js'

/** So many clients with so many calls in flight each. */
export interface Case {
  readonly clients: number
  readonly inFlight: number
  /** The ratio to the floor in server CPU for each call that we want to stay under. */
  readonly target?: number
}

/** What is asked of a server: how it is loaded, and the floor that it is held against. */
export interface Question {
  /** For `--only`, and the name of the file in `bench/results/`. */
  readonly name: string
  readonly title: string
  /** What the floor is, in the words of the table. */
  readonly floor: string
  readonly floorProgram: URL
  readonly cases: readonly Case[]
  /** Connects one client of the load to a server, for example to `ws://127.0.0.1:4000/bench`. */
  connect(url: string, userId: string): Promise<HookClient>
}

/** The two that every round measures, one after the other. */
export const subjects = ['ours', 'floor'] as const
export type Subject = (typeof subjects)[number]

/**
 * Where a program of the benchmark is: `path` without its ending, from `bench/`. Its ending is that of
 * this file, so that the benchmark runs from its source and from what was built of it.
 */
export function programUrl(path: string): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`../${path}.${ending}`, import.meta.url)
}

/** What every call carries, and gets back: 16 bytes. */
export const payload16 = 'sixteen bytes ok'
