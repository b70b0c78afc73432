import type { Measure } from './measured-once.js'
import type { Usage } from './probe.js'
import type { Work } from './work.js'

/** Load that is ready to be put on one running server, again and again. */
export interface Load {
  /** What has to be there before a round, and is no part of it. */
  prepare?(): Promise<void>
  /** One round: for about `ms` milliseconds, or once where an operation cannot be cut short. */
  run(ms: number): Promise<Work>
  /** What is found out behind a round, with what it left; the CPU time of this does not count. */
  finish?(): Promise<Partial<Sample>>
  close(): Promise<void> | void
}

/** What one round measured of one server; what a question does not ask is not there. */
export interface Sample {
  operations: number
  perSecond: number
  /** CPU time of the server process, all of its threads, for each operation. */
  cpuUs?: number
  p50Ms?: number
  p99Ms?: number
  p999Ms?: number
  /** Resident memory of the server process at the end of the round. */
  rssMiB?: number
  /** Resident memory that each client has added. */
  kibEach?: number
  /** CPU time of the server process while its clients do nothing, in percent of one core. */
  idlePercent?: number
  /** Messages that were sent and did not arrive, in percent. */
  lostPercent?: number
  /** Clients that did not get what they came for. */
  failed?: number
}

export type Figure = keyof Sample

/** One server that is measured beside the others. */
export interface Subject<Size = object> {
  /** In the tables: ours, floor, or the name of the peer. */
  readonly name: string
  /** What it is, in a few words. */
  readonly what: string
  /** What is started; without it the server is one that runs already (`--target`). */
  readonly program?: URL
  readonly running?: Server
  /** Starts it where it is more than a program; undefined where it has no part in a case. `profileDir` as in the plan. */
  start?(size: Size, profileDir?: string): Promise<Server | undefined>
  /** Where its socket is mounted; empty where there is nothing of the kind. */
  readonly mount: string
  open(url: string, size: Size, server: Server): Promise<Load>
}

/** A server that runs, as what is measured sees it. */
export interface Server {
  readonly url: string
  /** What its process has used so far; undefined where that cannot be known. */
  usage(collected?: boolean): Promise<Usage | undefined>
  stop(): Promise<unknown>
}

/** One load: how many clients, how large. */
export interface Case<Size = object> {
  /** In the tables. */
  readonly name: string
  readonly size: Size
  /** What we want to stay under: ratios to the floor, or figures of our own. */
  readonly target?: Target
  /** Whether `--quick` asks it, too. */
  readonly quick?: boolean
  /** Where the plan of the question does not fit. */
  readonly plan?: PlanChange
  /** What it takes of one server beyond the plan, in seconds. */
  readonly takes?: Takes
  /** Whether the servers are there one after the other, and not side by side. */
  readonly apart?: boolean
  /** Files and sockets that the clients have open together, where they are many. */
  readonly files?: number
  /** A program that has to be installed. */
  readonly needs?: string
}

/** How a question or a case differs from the usual plan; it never has more launches or rounds. */
export interface PlanChange {
  readonly launches?: number
  readonly rounds?: number
  readonly warmup?: boolean
}

/** Seconds on two cores, to foretell how long a run takes. */
export interface Takes {
  /** Until the load is ready, in each launch. */
  readonly open?: number
  /** In each round, with what is before and behind it; all of the round where it cannot be cut short. */
  readonly round?: number
}

export interface Target {
  readonly figure: Figure
  readonly atMost: number
  /** Whether the figure itself is meant, and not its ratio to the floor. */
  readonly absolute?: boolean
}

/** A figure that a picture shows. */
export interface Shown {
  readonly figure: Figure
  /** Whether it is shown as it is, and not as its ratio to the floor's. */
  readonly absolute?: boolean
}

/** What is asked: the same load on several servers, in turn. */
export interface Question<Size = object> {
  /** For `--only`, and the name of the files in `bench/results/`. */
  readonly name: string
  readonly title: string
  /** What one operation is: a call, a delivery. */
  readonly operation: string
  /** What the cases differ in, as the heading of their column. */
  readonly dimension: string
  readonly figures: readonly Figure[]
  /** What the picture shows; the server CPU of each, times the floor's, unless it is said. */
  readonly shown?: Shown
  /** The first is ours, the second what the others are held against. */
  readonly subjects: readonly Subject<Size>[]
  readonly cases: readonly Case<Size>[]
  /** Where the usual plan does not fit. */
  readonly plan?: PlanChange
  /** Whether the clients of ours can be put on any other Phoenix server (`--target`). */
  readonly isPortable?: boolean
  /** Whether the rounds are shown as what happens over time. */
  readonly overTime?: boolean
  /** What fits no round, and is measured by itself behind the cases. */
  readonly once?: Once
}

/** Measures what fits no round; `quick` is a part of it, or a shorter one. */
export interface Once {
  /** Seconds on two cores. */
  readonly takes: { readonly full: number; readonly quick: number }
  measure(quick: boolean, say: (line: string) => void): Promise<Measure[]>
}

/** Where a program of the benchmark is: `path` without its ending, from `bench/`. */
export const programUrl = (path: string): URL => new URL(`../${path}.js`, import.meta.url)

/** Where our own server is. */
export const ours = { name: 'ours', what: 'the load target', program: programUrl('serve'), mount: '/bench' }

/** What is held against ours: a program that serves nothing but what is asked. */
export function beside<Size>(
  name: string,
  what: string,
  program: string,
  open: Subject<Size>['open']
): Subject<Size> {
  return { name, what, program: programUrl(program), mount: '', open }
}

/** 16 bytes. */
export const payload16 = 'sixteen bytes ok'
