import { isObject } from '../util/is-object.js'
import type { CrowdSize } from './clients/clients.js'
import type { ConnectConfig } from './clients/connector.js'
import { sourceAddresses } from './clients/source-addresses.js'
import { readSources } from './options/addresses.js'
import { LoadOptionInvalid } from './options/errors.js'
import { Flags } from './options/flags.js'
import { clientsRange, pauseRange, secondsRange } from './options/ranges.js'
import { metricsOf, readThreshold, type Threshold } from './options/thresholds.js'
import { type LoadEnvironment, readToken } from './options/token.js'
import { type ScenarioName, scenarioNames, scenarios } from './scenarios/kinds.js'
import type { ScenarioPlan } from './scenarios/scenario.js'

/** What load is put on which server. */
export interface LoadConfig extends ConnectConfig, CrowdSize {
  readonly scenario: ScenarioName
  readonly plan: ScenarioPlan
  /** Of the operations. */
  readonly durationMs: number
  /** Of the figures over time. */
  readonly intervalMs: number
  readonly thresholds: readonly Threshold[]
  /** Where the report goes as JSON, and as a picture. */
  readonly json: string | undefined
  readonly svg: string | undefined
}

export type LoadCommand = { run: 'help' } | { run: 'load'; config: LoadConfig }

/** Options of all scenarios. */
const common = {
  url: 'many',
  scenario: 'one',
  recover: 'switch',
  clients: 'one',
  duration: 'one',
  user: 'one',
  params: 'one',
  token: 'one',
  'token-file': 'one',
  'dev-login': 'switch',
  source: 'many',
  'fail-if': 'many',
  interval: 'one',
  json: 'one',
  svg: 'one',
  help: 'switch'
} as const

const own = Object.values(scenarios).flatMap(({ options }) => options.map((name) => [name, 'one'] as const))
const known = { ...common, ...Object.fromEntries(own) }

/** More stretches of time than a picture has room for. */
const mostIntervals = 600

/**
 * Reads the arguments behind `load`, and the file that the token is in.
 *
 * @throws PHX_ERR_LOAD_OPTION for the first wrong option, naming it.
 */
export function readLoadOptions(argv: readonly string[], env: LoadEnvironment = {}): LoadCommand {
  const flags = new Flags(argv, known)
  if (flags.isOn('help')) return { run: 'help' }
  const urls = readUrls(flags.all('url'))
  const scenario = readScenario(flags)
  const kind = scenarios[scenario]
  flags.demandOnly(
    [...Object.keys(common), ...kind.options],
    `is no option of the scenario ${scenario}; see --help`
  )
  const clients = flags.number('clients', 10, clientsRange)
  const user = flags.given('user') ?? 'load{n}'
  const seconds = flags.number('duration', kind.duration, secondsRange)
  const params = readParams(flags)
  const token = readToken(flags.given('token'), flags.given('token-file'), env)
  const metrics = metricsOf(kind)
  return {
    run: 'load',
    config: {
      scenario,
      plan: kind.plan(flags, { clients, user }),
      urls,
      sources: chooseSources(flags, { urls, clients, comeAgain: kind.comeAgain || kind.recovers === true }),
      clients,
      rampUpMs: flags.number('ramp-up', 0, pauseRange) * 1000,
      durationMs: seconds * 1000,
      user,
      params: token === undefined ? params : { ...params, token },
      devLogin: flags.isOn('dev-login'),
      intervalMs: readInterval(flags, seconds) * 1000,
      thresholds: flags.all('fail-if').map((text) => readThreshold(text, metrics)),
      json: flags.given('json'),
      svg: flags.given('svg')
    }
  }
}

function readScenario(flags: Flags): ScenarioName {
  if (!flags.isOn('recover')) return flags.oneOf('scenario', 'hook', scenarioNames)
  const scenario = flags.oneOf('scenario', 'recover', scenarioNames)
  if (scenario === 'recover') return scenario
  throw new LoadOptionInvalid('--recover', `is --scenario recover, and not ${scenario}: give one of them`)
}

function readUrls(texts: readonly string[]): string[] {
  if (texts.length === 0) throw new LoadOptionInvalid('--url', 'is missing; see --help')
  return texts.map(readUrl)
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^(ws|http)s?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new LoadOptionInvalid('--url', 'must be a ws, wss, http or https URL without a query')
  }
  return url.href.replace(/^http/, 'ws').replace(/\/+$/, '')
}

function readParams(flags: Flags): Record<string, string> {
  const params = flags.json('params', '{}')
  if (!isObject(params) || !Object.values(params).every((value) => typeof value === 'string')) {
    throw new LoadOptionInvalid('--params', 'must be a JSON object of strings')
  }
  return { ...params } as Record<string, string>
}

function chooseSources(
  flags: Flags,
  crowding: { urls: readonly string[]; clients: number; comeAgain: boolean }
): readonly string[] {
  const given = flags.all('source')
  if (given.length > 0) return readSources(given, crowding.urls)
  const chosen = sourceAddresses(crowding)
  if (chosen !== undefined) return chosen
  const problem = 'are more than one address of this machine has ports for: give several with --source'
  throw new LoadOptionInvalid('--clients', problem)
}

/** Seconds; whole ones by default. */
function readInterval(flags: Flags, duration: number): number {
  const least = duration / mostIntervals
  const byDefault = Math.max(1, Math.ceil(least))
  return flags.number('interval', byDefault, { least: Math.max(0.01, least), most: 1_000_000 })
}
