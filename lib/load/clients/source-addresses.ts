import { isIP } from 'node:net'
import { sourcePorts } from '../measure/source-ports.js'

/** Addresses for clients that come again and again: a port rests for a minute after its connection was closed. */
const forComers = 20

/** Of the ports of an address so many are used: others want some, and the last are slow to be found. */
const usedPart = 0.8

export interface Crowding {
  readonly urls: readonly string[]
  readonly clients: number
  /** Whether clients leave and come again. */
  readonly comeAgain: boolean
}

/**
 * Addresses of this machine to connect from where the ports of one do not suffice: on Linux all of
 * 127.0.0.0/8 is loopback. Undefined where more are needed and it is not known which there are.
 */
export function sourceAddresses({ urls, clients, comeAgain }: Crowding): string[] | undefined {
  const ports = sourcePorts()
  if (ports === undefined) return []
  // Two connections may have the same port while they go to different servers.
  const isCrowded = clients / new Set(urls).size > ports * usedPart
  if (!urls.every(isLoopbackOfLinux)) return isCrowded ? undefined : []
  if (!isCrowded && !comeAgain) return []
  const count = Math.max(Math.ceil(clients / (ports * usedPart)), comeAgain ? forComers : 2)
  return Array.from({ length: count }, (_, index) => addressAt(index + 1))
}

/** The first is 127.0.0.1. */
function addressAt(number: number): string {
  return `127.0.${number >> 8}.${number & 255}`
}

function isLoopbackOfLinux(url: string): boolean {
  const { hostname } = new URL(url)
  return process.platform === 'linux' && isIP(hostname) === 4 && hostname.startsWith('127.')
}
