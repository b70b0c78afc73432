import { parseArgs } from 'node:util'
import { isObject } from '../util/is-object.js'
import { LoadOptionInvalid } from './errors.js'
import type { HookCall } from './hook-caller.js'
import { type LoadEnvironment, readToken } from './token.js'

export const transports = ['websocket', 'datachannel'] as const
export type LoadTransport = (typeof transports)[number]

/** What load is put on which server. */
export interface LoadConfig {
  /** The mount, for example `ws://127.0.0.1:4000/socket`; that of each node, among which clients are spread. */
  readonly urls: readonly string[]
  readonly clients: number
  /** Calls a second, of all clients together. */
  readonly rate: number
  /** Of the calls. */
  readonly durationMs: number
  /** Over which the clients connect, before the calls begin. */
  readonly rampUpMs: number
  readonly transport: LoadTransport
  readonly call: HookCall
  /** Connect parameters; `{n}` in a value is the number of the client. */
  readonly params: Readonly<Record<string, string>>
  /** The user whose channel is joined; `{n}` is the number of the client. */
  readonly user: string
  /** Whether each client gets its token from `POST /dev/token` of the reference server. */
  readonly devLogin: boolean
  /** Where the report goes as JSON. */
  readonly json: string | undefined
}

export type LoadCommand = { run: 'help' } | { run: 'load'; config: LoadConfig }

const known = {
  url: { type: 'string', multiple: true },
  clients: { type: 'string', default: '10' },
  rate: { type: 'string', default: '100' },
  duration: { type: 'string', default: '10' },
  'ramp-up': { type: 'string', default: '0' },
  transport: { type: 'string', default: 'websocket' },
  hook: { type: 'string', default: 'demo.echo' },
  args: { type: 'string', default: '["hello"]' },
  user: { type: 'string', default: 'load{n}' },
  params: { type: 'string', default: '{}' },
  token: { type: 'string' },
  'token-file': { type: 'string' },
  'dev-login': { type: 'boolean', default: false },
  json: { type: 'string' },
  help: { type: 'boolean', default: false }
} as const

/** What `fastify-phoenix load --help` prints. */
export const loadHelp = `Puts load on a server: clients that call a hook at a fixed rate.

Usage: fastify-phoenix load --url ws://127.0.0.1:4000/socket [options]

  --url <url>           the socket, without /websocket; http and https are taken for ws and wss;
                        more than once: one for each node of a cluster, clients take turns
  --clients <number>    clients that are connected (10)
  --rate <number>       calls a second, of all clients together (100)
  --duration <seconds>  for how long (10)
  --ramp-up <seconds>   over which the clients connect, before the first call (0: as fast as they can)
  --transport <name>    websocket or datachannel (websocket)
  --hook <plugin.fn>    what is called (demo.echo)
  --args <json>         list of its arguments (["hello"])
  --user <id>           joins user:<id>; {n} in it is the number of the client (load{n})
  --params <json>       connect parameters, an object of strings; {n} as in --user ({})
  --token-file <file>   connect parameter "token", from a file; LOAD_TOKEN in the environment is the same
  --token <text>        the same as it is: everybody on the machine can see it in the list of processes
  --dev-login           each client gets its token from the reference server's POST /dev/token
  --json <file>         writes the report there, too, or why there is none
  --help                prints this

Latency counts from the moment in which a call was meant to be sent. SIGINT ends the load early.
Exit status: 0 when every client connected and every call was answered with a result, 1 when not,
2 when there was no load at all, or no report of it.`

/**
 * Reads the arguments behind `load`, and the file that the token is in.
 *
 * @throws PHX_ERR_LOAD_OPTION for the first wrong option, naming it.
 */
export function readLoadOptions(argv: readonly string[], env: LoadEnvironment = {}): LoadCommand {
  const values = readFlags(argv)
  if (values.help) return { run: 'help' }
  const { json } = values
  const params = readParams(values.params)
  const token = readToken(values.token, values['token-file'], env)
  return {
    run: 'load',
    config: {
      urls: readUrls(values.url),
      clients: readNumber('--clients', values.clients, { least: 1, most: 60_000, whole: true }),
      rate: readNumber('--rate', values.rate, { least: 0.001, most: 1_000_000 }),
      durationMs: readNumber('--duration', values.duration, { least: 0.001, most: 1_000_000 }) * 1000,
      rampUpMs: readNumber('--ramp-up', values['ramp-up'], { least: 0, most: 1_000_000 }) * 1000,
      transport: readTransport(values.transport),
      call: readCall(values.hook, values.args),
      params: token === undefined ? params : { ...params, token },
      user: values.user,
      devLogin: values['dev-login'],
      json
    }
  }
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: known, strict: true }).values
  } catch (error) {
    const { message } = error as Error
    const [, name = 'command line'] = /'([^'\s]*)/.exec(message) ?? []
    const problem = Object.hasOwn(known, name.slice(2))
      ? `needs a value, or takes none; one that begins with a dash is written ${name}=-1`
      : 'is no option'
    throw new LoadOptionInvalid(name, `${problem}; see --help`)
  }
}

function readUrls(texts: readonly string[] | undefined): string[] {
  if (texts === undefined) throw new LoadOptionInvalid('--url', 'is missing; see --help')
  return texts.map(readUrl)
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^(ws|http)s?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new LoadOptionInvalid('--url', 'must be a ws, wss, http or https URL without a query')
  }
  return url.href.replace(/^http/, 'ws').replace(/\/+$/, '')
}

function readNumber(
  name: string,
  text: string,
  { least, most, whole = false }: { least: number; most: number; whole?: boolean }
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  throw new LoadOptionInvalid(name, `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
}

function readTransport(text: string): LoadTransport {
  const transport = transports.find((name) => name === text)
  if (transport === undefined)
    throw new LoadOptionInvalid('--transport', `must be ${transports.join(' or ')}`)
  return transport
}

function readCall(hook: string, args: string): HookCall {
  const dot = hook.indexOf('.')
  if (dot < 1 || dot === hook.length - 1) {
    throw new LoadOptionInvalid('--hook', 'must be a plugin and a function, as in demo.echo')
  }
  const list = readJson('--args', args)
  if (!Array.isArray(list)) throw new LoadOptionInvalid('--args', 'must be a JSON list')
  return { hookPlugin: hook.slice(0, dot), fn: hook.slice(dot + 1), args: list }
}

function readParams(text: string): Record<string, string> {
  const params = readJson('--params', text)
  if (!isObject(params) || !Object.values(params).every((value) => typeof value === 'string')) {
    throw new LoadOptionInvalid('--params', 'must be a JSON object of strings')
  }
  return { ...params } as Record<string, string>
}

function readJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LoadOptionInvalid(name, 'must be JSON')
  }
}
