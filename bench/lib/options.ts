import { parseArgs } from 'node:util'
import type { Plan } from './measure.js'
import { isTargetName } from './target-results.js'

export interface Options {
  plan: Plan
  /** Whether nothing is measured, and the pages are written anew. */
  pages: boolean
  /** Whether the figures are too rough to be kept. */
  quick: boolean
  /** Names of the questions to ask; all of them when there are none. */
  only: string[]
  /** How long the run over time takes. */
  minutes: number
  /** Whether our server takes the floor's place as well, which shows what the noise alone makes. */
  againstItself: boolean
  /** A server that is measured beside ours and the floor: the URL of its socket. */
  target?: string | undefined
  /** Its process, where it runs on this machine. */
  targetPid?: number | undefined
  /** What its figures are kept under, and what was measured: a version, for instance. */
  targetName?: string | undefined
  targetVersion?: string | undefined
  /** Where the results go instead of into `bench/`. */
  json?: string | undefined
}

/** How long and how often is measured where no option says so; lengths in seconds, but for the minutes. */
const usual = {
  full: {
    launches: 3,
    rounds: 4,
    withoutTarget: { launches: 2, rounds: 3 },
    warmup: 1.5,
    seconds: 1,
    minutes: 4
  },
  quick: {
    launches: 1,
    rounds: 3,
    withoutTarget: { launches: 1, rounds: 3 },
    warmup: 1,
    seconds: 0.5,
    minutes: 0.5
  }
} as const

export const usage = `Usage: npm run bench -- [options]

Figures of fewer launches or rounds, or of shorter ones, than there are without options are shown, and not kept.

  --quick            seven minutes instead of an hour; keeps no figures
  --only NAME        this question alone; may be repeated
  --pages            writes the pages anew from the results that are kept, and measures nothing
  --minutes N        length of the long run
  --target URL       measures the Phoenix server at URL, as ws://127.0.0.1:4000/bench, beside ours
  --target-pid PID   its process on this machine, for its CPU time and memory
  --target-name NAME      keeps its figures under this name, for the page beside.md
  --target-version TEXT   what was measured, as "Phoenix 1.8.1 on Bandit 1.8.0, Erlang/OTP 27"
  --own-sessions     starts each server in a session of its own, as a service manager does; keeps no figures
  --against-itself   measures our server beside itself: what is not 1.00 is noise; keeps no figures
  --json FILE        writes the figures there instead of into bench/
  --launches N       how often the servers are started anew
  --rounds N         how often all are measured for each launch
  --seconds S        length of a round
  --warmup S         length of the load that is not measured, for each launch
  --cpu-prof DIR     leaves V8's CPU profiles of all servers there, and keeps no figures
  --help
`

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} must be a positive number`)
  return value
}

function count(name: string, text: string | undefined, fallback: number): number {
  return Math.ceil(positive(name, text, fallback))
}

function socketUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^wss?:\/\/[^?#]+$/.test(text)) return text?.replace(/\/+$/, '')
  throw new Error('--target must be a ws or wss URL')
}

const ownNames = ['ours', 'floor', 'target', 'Fastify', 'Socket.IO', 'geckos.io']

/** What is kept says what was measured, and shows CPU time, which nobody knows of a process without its id. */
function nameOfTarget(name: string | undefined, others: readonly (string | undefined)[]): string | undefined {
  if (name === undefined) return undefined
  if (!isTargetName(name)) throw new Error('--target-name must be a short name, as Phoenix')
  if (ownNames.some((own) => own.toLowerCase() === name.toLowerCase())) {
    throw new Error(`--target-name ${name} is another server's`)
  }
  if (others.includes(undefined)) {
    throw new Error('--target-name takes --target, --target-pid and --target-version as well')
  }
  return name
}

/** Throws an error whose message names the option that is wrong; null when only help was asked for. */
export function readOptions(argv: string[]): Options | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      pages: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      minutes: { type: 'string' },
      target: { type: 'string' },
      'target-pid': { type: 'string' },
      'target-name': { type: 'string' },
      'target-version': { type: 'string' },
      'own-sessions': { type: 'boolean', default: false },
      'against-itself': { type: 'boolean', default: false },
      json: { type: 'string' },
      launches: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean', default: false }
    },
    strict: true
  })
  if (values.help) return null
  const { pages, quick, only, json } = values
  const { launches, rounds, withoutTarget, warmup, seconds, minutes } = usual[quick ? 'quick' : 'full']
  const pid = values['target-pid']
  return {
    pages,
    quick,
    only,
    minutes: positive('minutes', values.minutes, minutes),
    againstItself: values['against-itself'],
    target: socketUrl(values.target),
    targetPid: pid === undefined ? undefined : positive('target-pid', pid, 0),
    targetName: nameOfTarget(values['target-name'], [values.target, pid, values['target-version']]),
    targetVersion: values['target-version'],
    json,
    plan: {
      launches: count('launches', values.launches, launches),
      rounds: count('rounds', values.rounds, rounds),
      withoutTarget: {
        launches: count('launches', values.launches, withoutTarget.launches),
        rounds: count('rounds', values.rounds, withoutTarget.rounds)
      },
      warmupMs: positive('warmup', values.warmup, warmup) * 1000,
      roundMs: positive('seconds', values.seconds, seconds) * 1000,
      profileDir: values['cpu-prof'],
      ownSessions: values['own-sessions']
    }
  }
}

/** Whether figures of such a run may be kept: ours, or a target's under its name, and measured at least as long. */
export function isPublishable(options: Options): boolean {
  const { plan, minutes, quick, againstItself, target, targetName } = options
  const { full } = usual
  const isNameless = target !== undefined && targetName === undefined
  return (
    !(quick || againstItself || plan.ownSessions || isNameless || plan.profileDir !== undefined) &&
    plan.launches >= full.launches &&
    plan.rounds >= full.rounds &&
    plan.warmupMs >= full.warmup * 1000 &&
    plan.roundMs >= full.seconds * 1000 &&
    minutes >= full.minutes
  )
}
