import { InvalidOption } from '../errors.js'
import type { IceServer } from './peer-factory.js'

/** A STUN or TURN server in the form that node-datachannel takes. */
export interface NativeIceServer {
  hostname: string
  port: number
  username?: string
  password?: string
  relayType?: 'TurnUdp'
}

const defaultPorts = { stun: 3478, turn: 3478, stuns: 5349, turns: 5349 } as const

// RFC 7064 and RFC 7065; an IPv6 address stands in brackets.
const url = /^(stuns?|turns?):(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/

/**
 * Turns ICE servers as browsers take them into those that the server's own peers use. The native
 * library knows STUN and TURN over UDP alone; the others are for clients, and left out here.
 * Throws `PHX_ERR_OPTION_INVALID` for what is no ICE server at all.
 *
 * @param name of the option, for the error
 */
export function toNativeIceServers(servers: readonly IceServer[], name: string): NativeIceServer[] {
  if (!Array.isArray(servers)) throw new InvalidOption(name, 'must be a list')
  return servers.flatMap((server, index) => convert(server, `${name}[${index}]`))
}

function convert(server: IceServer, name: string): NativeIceServer[] {
  if (typeof server !== 'object' || server === null) throw new InvalidOption(name, 'must be an object')
  const { urls, username, credential } = server
  const list = typeof urls === 'string' ? [urls] : urls
  if (!Array.isArray(list) || list.length === 0) throw new InvalidOption(`${name}.urls`, 'must name a server')

  return list.flatMap((text: unknown) => {
    const match = typeof text === 'string' ? url.exec(text) : null
    if (match === null)
      throw new InvalidOption(`${name}.urls`, `${JSON.stringify(text)} is no STUN or TURN URL`)
    const [, scheme, host, portText, transport] = match as unknown as UrlParts
    const port = portText === undefined ? defaultPorts[scheme] : Number(portText)
    if (port < 1 || port > 65_535) throw new InvalidOption(`${name}.urls`, `port ${port} is out of range`)
    const hostname = host.replace(/^\[|\]$/g, '')

    if (scheme === 'stun') return [{ hostname, port }]
    if (scheme === 'stuns') return []
    if (typeof username !== 'string' || typeof credential !== 'string') {
      throw new InvalidOption(name, 'a TURN server needs a username and a credential')
    }
    if (scheme === 'turns' || transport === 'tcp') return []
    return [{ hostname, port, username, password: credential, relayType: 'TurnUdp' }]
  })
}

type UrlParts = [string, keyof typeof defaultPorts, string, string | undefined, 'udp' | 'tcp' | undefined]
