/**
 * What a candidate says, from its line of SDP: `candidate:1 1 UDP 2130706431 192.0.2.1 3478 typ host`. Undefined for
 * what is none.
 */
function parseCandidate(line) {
  const words = line.trim().replace(/^a=/, '').split(/\s+/)
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
