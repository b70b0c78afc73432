import { parseArgs } from 'node:util'
import type { Plan } from './measure.js'

export interface Options {
  plan: Plan
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
  /** Where the results go instead of into `bench/`. */
  json?: string | undefined
}

export const usage = `Usage: npm run bench -- [options]

  --quick            five minutes instead of three quarters of an hour; keeps no figures
  --only NAME        this question alone; may be repeated
  --minutes N        length of the long run
  --target URL       measures the Phoenix server at URL, as ws://127.0.0.1:4000/bench, beside ours
  --target-pid PID   its process on this machine, for its CPU time and memory
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

function socketUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^wss?:\/\/[^?#]+$/.test(text)) return text?.replace(/\/+$/, '')
  throw new Error('--target must be a ws or wss URL')
}

/** Throws an error whose message names the option that is wrong; null when only help was asked for. */
export function readOptions(argv: string[]): Options | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      minutes: { type: 'string' },
      target: { type: 'string' },
      'target-pid': { type: 'string' },
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
  const { quick, only, json } = values
  const pid = values['target-pid']
  return {
    quick,
    only,
    minutes: positive('minutes', values.minutes, quick ? 0.5 : 10),
    againstItself: values['against-itself'],
    target: socketUrl(values.target),
    targetPid: pid === undefined ? undefined : positive('target-pid', pid, 0),
    json,
    plan: {
      launches: Math.ceil(positive('launches', values.launches, quick ? 1 : 3)),
      rounds: Math.ceil(positive('rounds', values.rounds, quick ? 3 : 4)),
      warmupMs: positive('warmup', values.warmup, quick ? 1 : 1.5) * 1000,
      roundMs: positive('seconds', values.seconds, quick ? 0.5 : 1) * 1000,
      profileDir: values['cpu-prof']
    }
  }
}
