import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { isNatsServer } from '../cluster/nats/options.js'
import { type Limits, limitProblem } from '../limits/limits.js'
import { oneLine } from '../log/one-line.js'
import { originProblem } from '../transport/origin.js'
import { isObject } from '../util/is-object.js'
import { type IceServerOption, IceServers } from '../webrtc/ice-servers.js'
import { ServerOptionInvalid } from './errors.js'

/** The text of one option and the name it was given under, for messages. */
export interface Given {
  name: string
  text: string
}

/** A TCP or UDP port, 0 included. */
export function parsePort(given: Given): number {
  const port = /^\d{1,5}$/.test(given.text) ? Number(given.text) : Number.NaN
  if (port <= 65_535) return port
  return wrong(given, `must be a port from 0 to 65535, not ${shown(given.text)}`)
}

/** A port that others have to know beforehand: 0 is none. */
export function parseUdpPort(given: Given): number {
  if (/^[1-9]\d{0,4}$/.test(given.text) && Number(given.text) <= 65_535) return Number(given.text)
  return wrong(given, `must be a port from 1 to 65535, not ${shown(given.text)}`)
}

/** A number of processes. */
export function parseWorkers(given: Given): number {
  if (given.text === 'auto') return availableParallelism()
  if (/^[1-9]\d{0,2}$/.test(given.text)) return Number(given.text)
  return wrong(given, `must be a number from 1 to 999 or auto, not ${shown(given.text)}`)
}

/** A number of messages; 0 is none. */
export function parseHistory(given: Given): number {
  if (/^(0|[1-9]\d{0,5})$/.test(given.text)) return Number(given.text)
  return wrong(given, `must be a whole number from 0 to 999999, not ${shown(given.text)}`)
}

/** A URL that may hold a password: no message shows it. */
export function parseRedisUrl(given: Given): string {
  if (/^rediss?:\/\//i.test(given.text) && URL.canParse(given.text)) return given.text
  return wrong(given, 'must be redis[s]://[[user][:password]@]host[:port]')
}

/** Servers of one NATS cluster, comma-separated. What is wrong is not shown: it may hold a password. */
export function parseNatsServers(given: Given): string[] {
  const servers = given.text.split(',').map((part) => part.trim())
  if (servers.every(isNatsServer)) return servers
  return wrong(given, 'must be nats://host:port, or several of these, comma-separated')
}

export function parseSwitch(given: Given): boolean {
  if (given.text === 'on') return true
  if (given.text === 'off') return false
  return wrong(given, `must be on or off, not ${shown(given.text)}`)
}

export function parseAddress(given: Given): string {
  if (isIP(given.text) !== 0) return given.text
  return wrong(given, `must be an IP address, not ${shown(given.text)}`)
}

/** A host name or an address; whether it resolves is seen when it is listened on. */
export function parseHost(given: Given): string {
  if (isIP(given.text) !== 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(given.text)) return given.text
  return wrong(given, `must be a host name or an address, not ${shown(given.text)}`)
}

/** Comma-separated origins, in the forms of the plugin's option `checkOrigin`. */
export function parseOrigins(given: Given): string[] {
  return given.text.split(',').map((part) => {
    const origin = part.trim()
    const problem = originProblem(origin)
    return problem === undefined ? origin : wrong(given, problem)
  })
}

/** Names of address ranges that Fastify's `trustProxy` knows. */
const proxyRanges = ['loopback', 'linklocal', 'uniquelocal']

/** Proxies to believe: all, none, a number of them in front of the server, or addresses and networks. */
export function parseProxies(given: Given): boolean | number | string[] {
  const { text } = given
  if (text === 'on' || text === 'off') return text === 'on'
  if (/^\d{1,3}$/.test(text)) return Number(text)
  return text.split(',').map((part) => {
    const proxy = part.trim()
    if (proxyRanges.includes(proxy) || isNetwork(proxy)) return proxy
    return wrong(given, `must be on, off, a number or addresses, not ${shown(proxy)}`)
  })
}

function isNetwork(text: string): boolean {
  const [address = '', prefix = '0', ...rest] = text.split('/')
  const family = isIP(address)
  return (
    family !== 0 &&
    rest.length === 0 &&
    /^\d{1,3}$/.test(prefix) &&
    Number(prefix) <= (family === 4 ? 32 : 128)
  )
}

/** A JSON list of the plugin's option `iceServers`. */
export function parseIceServers(given: Given): IceServerOption[] {
  const servers = parseJson(given)
  if (!Array.isArray(servers)) {
    return wrong(given, 'must be a JSON list of {urls, username?, credential?} or {urls, secret, ttl?}')
  }
  try {
    new IceServers(servers, '')
  } catch (err) {
    wrong(given, oneLine(err).replace(/^option /, ''))
  }
  return servers
}

/** One or two IP addresses, comma-separated; whether they are of two families is seen later. */
export function parseAddresses(given: Given): string[] {
  return given.text.split(',').map((part) => parseAddress({ ...given, text: part.trim() }))
}

/** Overrides of single limits: a JSON object. */
export function parseLimits(given: Given): Partial<Limits> {
  const overrides = parseJson(given)
  if (!isObject(overrides)) return wrong(given, 'must be a JSON object of limits')
  for (const [name, value] of Object.entries(overrides)) {
    const problem = limitProblem(name, value)
    if (problem !== undefined) wrong(given, `${shown(name)}: ${problem}`)
  }
  return overrides
}

function parseJson(given: Given): unknown {
  try {
    return JSON.parse(given.text)
  } catch {
    return wrong(given, 'must be JSON')
  }
}

/** The value as it stands in a message: quoted, on one line, and not too long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)
}

/** Refuses the option. */
export function wrong(given: { name: string }, problem: string): never {
  throw new ServerOptionInvalid(given.name, problem)
}
