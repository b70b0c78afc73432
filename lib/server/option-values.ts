import { isIP } from 'node:net'
import { ServerOptionInvalid } from '../errors.js'
import { type Limits, limitProblem } from '../limits.js'
import { originProblem } from '../transport/origin.js'
import type { IceServer } from '../webrtc/peer-factory.js'

/** The text of one option and the name it was given under, for messages. */
export interface Given {
  name: string
  text: string
}

const urlPatterns = [
  /^stuns?:[^\s:?/@]+(:\d{1,5})?$|^stuns?:\[[0-9a-f:.]+\](:\d{1,5})?$/i,
  /^turns?:([^\s:?/@]+|\[[0-9a-f:.]+\])(:\d{1,5})?(\?transport=(udp|tcp))?$/i
] as const

/** A TCP or UDP port, 0 included. */
export function parsePort(given: Given): number {
  const port = /^\d{1,5}$/.test(given.text) ? Number(given.text) : Number.NaN
  if (port <= 65_535) return port
  return wrong(given, `must be a port from 0 to 65535, not ${shown(given.text)}`)
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

/** A JSON list of RTCIceServer. */
export function parseIceServers(given: Given): IceServer[] {
  const list = parseJson(given)
  if (!Array.isArray(list)) return wrong(given, 'must be a JSON list of {urls, username?, credential?}')
  return list.map((entry: unknown, index) => parseIceServer(given, entry, `entry ${index + 1}`))
}

function parseIceServer(given: Given, entry: unknown, where: string): IceServer {
  if (!isObject(entry)) return wrong(given, `${where} must be an object with urls`)
  const { urls, username, credential, ...rest } = entry
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) return wrong(given, `${where} has the unknown property ${shown(unknown)}`)

  const list: unknown[] = Array.isArray(urls) ? urls : [urls]
  if (list.length === 0) return wrong(given, `${where} has no urls`)
  for (const url of list) {
    if (typeof url !== 'string') return wrong(given, `${where} must have urls, a string or a list of strings`)
    if (!urlPatterns.some((pattern) => pattern.test(url))) {
      return wrong(given, `${where} has ${shown(url)}, which is no stun:, stuns:, turn: or turns: URL`)
    }
    // A browser refuses to make a peer connection with a TURN server that has no credentials.
    if (/^turn/i.test(url) && (username === undefined || credential === undefined)) {
      return wrong(given, `${where} needs username and credential, as every TURN server does`)
    }
  }

  const server: IceServer = { urls: urls as string | string[] }
  if (username !== undefined) server.username = text(given, username, `${where}, username`)
  if (credential !== undefined) server.credential = text(given, credential, `${where}, credential`)
  return server
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

function text(given: Given, value: unknown, where: string): string {
  return typeof value === 'string' ? value : wrong(given, `${where} must be a string`)
}

function parseJson(given: Given): unknown {
  try {
    return JSON.parse(given.text)
  } catch {
    return wrong(given, 'must be JSON')
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as it stands in a message: quoted, on one line, and not too long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)
}

/** Refuses the option. */
export function wrong(given: { name: string }, problem: string): never {
  throw new ServerOptionInvalid(given.name, problem)
}
