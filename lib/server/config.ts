import { randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { parseArgs } from 'node:util'
import type { Limits } from '../limits/limits.js'
import type { CheckOrigin } from '../transport/origin.js'
import { isLoopbackHost } from '../util/loopback.js'
import type { IceServerOption } from '../webrtc/ice-servers.js'
import { defaultOrigins } from './default-origins.js'
import { ServerOptionInvalid } from './errors.js'
import {
  type Given,
  parseAddress,
  parseAddresses,
  parseHistory,
  parseHost,
  parseIceServers,
  parseLimits,
  parseNatsServers,
  parseOrigins,
  parsePort,
  parseProxies,
  parseRedisUrl,
  parseSwitch,
  parseUdpPort,
  parseWorkers,
  wrong
} from './option-values.js'
import { defaultBind, type Interfaces } from './peer-bind.js'
import { type OptionName, optionNames, options } from './program-options.js'

/** What the reference server runs with. */
export interface ServerConfig {
  host: string
  /** 0 is any free port. */
  port: number
  /** The HS256 key of the JSON Web Tokens: a random one when none was given. */
  tokenSecret: string
  /** Whether it is that random one, which no other server has. */
  ownSecret: boolean
  /** Whether `POST /dev/token` hands out tokens to anyone who asks. */
  devLogin: boolean
  /** Whether requests have to name this machine, and not whatever name points to it: with no secret but our own. */
  ownHostOnly: boolean
  /** The folder of hook modules; without one the demo hooks are served. */
  hooksDir?: string
  /** STUN and TURN servers, for the peers and for the clients that ask. */
  iceServers: IceServerOption[]
  /** Whether offers are answered. */
  webrtc: boolean
  /** The address that peers bind; without one they bind every address but loopback. */
  webrtcBind?: string
  /** The addresses that candidates advertise instead of the local ones, at most one of each family. */
  webrtcPublicIp?: string[]
  /** The one UDP port of all peers; without one each has its own. */
  webrtcUdpPort?: number
  /** The servers of the NATS that joins this server and others; without it it is alone, or one with its workers. */
  natsServers?: string[]
  /** How many processes share the port. */
  workers: number
  /** The Redis that joins this server and others; without one it is alone, or one with its workers. */
  redisUrl?: string
  /** How many messages of each `room:*` and `user:*` topic are kept; 0 keeps none. */
  history: number
  /** Proxies whose word about a client counts: all, none, a number of them, or addresses. */
  trustProxy: boolean | number | string[]
  /** Whether `GET /metrics` is served; without being asked for it, only where prom-client is installed. */
  metrics: boolean | 'if installed'
  /** Who has it sees the dashboard; without one there is none. */
  dashboardToken?: string
  /** Whether it is a random one of this start, which has to be said. */
  ownDashboardToken: boolean
  /** Which pages may connect. */
  checkOrigin: CheckOrigin
  /** Overrides of single limits. */
  limits: Partial<Limits>
  /** What each option was given as, for messages: `PORT` or `--port`. */
  names: Readonly<Record<OptionName, string>>
}

/** What the command line asks for. */
export type Command = { run: 'help' } | { run: 'version' } | { run: 'server'; config: ServerConfig }

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What `readConfig` reads. */
export interface Sources {
  /** Arguments of the command, without the program itself. */
  argv: readonly string[]
  env: Environment
  /** The network interfaces of this machine. Default: those that there are now. */
  interfaces?: Interfaces
}

/**
 * Reads the options of the reference server from the command line and, where they are not given
 * there, from the environment. Touches neither files nor the network.
 *
 * @throws PHX_ERR_SERVER_OPTION for the first wrong option, naming it as it was given.
 */
export function readConfig({ argv, env, interfaces = networkInterfaces() }: Sources): Command {
  const flags = readFlags(argv)
  if (flags.help === true) return { run: 'help' }
  if (flags.version === true) return { run: 'version' }

  const names = {} as Record<OptionName, string>
  const given: Partial<Record<OptionName, Given>> = {}
  for (const option of optionNames) {
    const { env: variable, flag } = options[option]
    const onCommandLine = typeof flags[flag] === 'string'
    const name = onCommandLine ? `--${flag}` : variable
    const text = onCommandLine ? flags[flag] : env[variable]
    names[option] = name
    if (typeof text !== 'string') continue
    // An empty value is a mistake that is better found than guessed at: an empty secret, for
    // one, must not open the dev login.
    if (text.trim() === '') wrong({ name }, 'is empty: give it a value or leave it out')
    given[option] = { name, text }
  }
  return { run: 'server', config: { ...readValues(given, interfaces), names } }
}

function readValues(
  given: Partial<Record<OptionName, Given>>,
  interfaces: Interfaces
): Omit<ServerConfig, 'names'> {
  const read = <T>(option: OptionName, parse: (given: Given) => T): T | undefined => {
    const value = given[option]
    return value && parse(value)
  }
  const text = (value: Given) => value.text

  const host = read('host', parseHost) ?? '127.0.0.1'
  const tokenSecret = read('tokenSecret', text)
  const devLogin = read('devLogin', parseSwitch) ?? (tokenSecret === undefined && isLoopbackHost(host))
  const hooksDir = read('hooks', text)
  const givenDashboardToken = read('dashboardToken', text)
  const dashboardToken = givenDashboardToken ?? (isLoopbackHost(host) ? randomToken(18) : undefined)
  const webrtcBind = read('webrtcBind', parseAddress) ?? defaultBind(host, interfaces)
  const webrtcPublicIp = read('webrtcPublicIp', parseAddresses)
  const natsServers = read('nats', parseNatsServers)
  const workers = read('workers', parseWorkers) ?? 1
  const redisUrl = read('redis', parseRedisUrl)
  if (natsServers !== undefined && redisUrl !== undefined) {
    wrong({ name: given.nats?.name ?? '' }, `and ${given.redis?.name} are two engines: give one of them`)
  }
  const history = read('history', parseHistory) ?? 0
  if (history > 0 && workers > 1 && redisUrl === undefined && natsServers === undefined) {
    const problem = `is kept on one node, in Redis or in NATS: it cannot be used with ${given.workers?.name} alone`
    wrong({ name: given.history?.name ?? '' }, problem)
  }
  const webrtcUdpPort = read('webrtcUdpPort', parseUdpPort)
  if (webrtcUdpPort !== undefined && workers > 1 && webrtcUdpPort + workers > 65_535) {
    const name = given.webrtcUdpPort?.name ?? ''
    wrong({ name }, `leaves no port for each of ${workers} workers and one in the place of another`)
  }
  return {
    host,
    port: read('port', parsePort) ?? 4000,
    tokenSecret: tokenSecret ?? randomToken(32),
    ownSecret: tokenSecret === undefined,
    devLogin,
    ownHostOnly: devLogin && tokenSecret === undefined,
    iceServers: read('iceServers', parseIceServers) ?? [],
    webrtc: read('webrtc', parseSwitch) ?? true,
    workers,
    history,
    trustProxy: read('trustProxy', parseProxies) ?? false,
    metrics: read('metrics', parseSwitch) ?? (isLoopbackHost(host) && 'if installed'),
    checkOrigin: read('checkOrigin', parseOrigins) ?? defaultOrigins(host),
    limits: read('limits', parseLimits) ?? {},
    ownDashboardToken: dashboardToken !== undefined && givenDashboardToken === undefined,
    ...(dashboardToken !== undefined && { dashboardToken }),
    ...(natsServers !== undefined && { natsServers }),
    ...(hooksDir !== undefined && { hooksDir }),
    ...(redisUrl !== undefined && { redisUrl }),
    ...(webrtcBind !== undefined && { webrtcBind }),
    ...(webrtcPublicIp !== undefined && { webrtcPublicIp }),
    ...(webrtcUdpPort !== undefined && { webrtcUdpPort })
  }
}

const randomToken = (bytes: number): string => randomBytes(bytes).toString('base64url')

type Flags = Record<string, string | boolean | undefined>

function readFlags(argv: readonly string[]): Flags {
  const known: Record<string, { type: 'string' | 'boolean' }> = {
    help: { type: 'boolean' },
    version: { type: 'boolean' }
  }
  for (const option of optionNames) known[options[option].flag] = { type: 'string' }
  try {
    return parseArgs({ args: [...argv], options: known, strict: true, allowPositionals: false })
      .values as Flags
  } catch (error) {
    return refuseArguments(error)
  }
}

/** Turns what parseArgs throws into one line that starts with the argument it is about. */
function refuseArguments(error: unknown): never {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  const name = /'(-[^\s'=]*)|'([^']*)'/.exec(message)
  const argument = name?.[1] ?? name?.[2] ?? 'command line'
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    throw new ServerOptionInvalid(argument, 'is no option; see --help')
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    throw new ServerOptionInvalid(argument, 'stands alone: options are given as --name value; see --help')
  }
  const takesValue = !message.includes('does not take an argument')
  throw new ServerOptionInvalid(argument, takesValue ? 'needs a value; see --help' : 'takes no value')
}
