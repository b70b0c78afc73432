/** The parts of a STUN or TURN URL. */
export interface IceUrl {
  scheme: keyof typeof defaultPorts
  /** An IPv6 address stands here without its brackets. */
  hostname: string
  port: number
  /** Of TURN: what the client reaches the server over. */
  transport: 'udp' | 'tcp' | undefined
}

const defaultPorts = { stun: 3478, turn: 3478, stuns: 5349, turns: 5349 } as const

// RFC 7064 and RFC 7065; an IPv6 address stands in brackets.
const url = /^(stuns?|turns?):(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/

type UrlParts = [string, IceUrl['scheme'], string, string | undefined, IceUrl['transport']]

/** Parses the URL of a STUN server (RFC 7064) or a TURN server (RFC 7065); undefined when it is none. */
export function parseIceUrl(text: string): IceUrl | undefined {
  const match = url.exec(text)
  if (match === null) return undefined
  const [, scheme, host, port, transport] = match as unknown as UrlParts
  const hostname = host.replace(/^\[|\]$/g, '')
  return { scheme, hostname, port: port === undefined ? defaultPorts[scheme] : Number(port), transport }
}

/** What is wrong with a STUN or TURN URL; undefined when nothing is. */
export function iceUrlProblem(text: unknown): string | undefined {
  const parsed = typeof text === 'string' ? parseIceUrl(text) : undefined
  if (parsed === undefined) return `${JSON.stringify(text)} is no STUN or TURN URL`
  const { port } = parsed
  return port < 1 || port > 65_535 ? `port ${port} is out of range` : undefined
}
