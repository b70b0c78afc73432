/**
 * What a candidate says, from its line of SDP: `candidate:1 1 UDP 2130706431 192.0.2.1 3478 typ host`. Undefined for
 * what is none.
 */
export function parseCandidate(line) {
  const words = line
    .trim()
    .replace(/^a=/, '')
    .split(/\s+/)
  const type = words[words.indexOf('typ') + 1]
  if (!words[0].startsWith('candidate:') || words.length < 8 || !words.includes('typ')) return undefined
  return { transport: words[2].toLowerCase(), address: words[4], port: words[5], type }
}

/** `host udp 192.0.2.1:3478`. */
export function candidateText(line) {
  const parsed = parseCandidate(line)
  if (parsed === undefined) return line
  const { type, transport, address, port } = parsed
  return `${type} ${transport} ${address.includes(':') ? `[${address}]` : address}:${port}`
}

export const isLoopback = (address) => address === '::1' || address.startsWith('127.')

/** Addresses that only the same network reaches. */
export function isPrivate(address) {
  return (
    isLoopback(address) ||
    /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(address) ||
    /^f[cd]|^fe[89ab]/i.test(address)
  )
}

/** A name that a browser gives out in place of an address of its own network. */
export const isHidden = (address) => address.endsWith('.local')
