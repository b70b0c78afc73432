import { readFileSync } from 'node:fs'

/** Ports that the machine gives to connections from one address; undefined where that is not known. */
export function sourcePorts(): number | undefined {
  try {
    const [low = 0, high = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number)
    return high - low + 1
  } catch {
    return undefined
  }
}
