import { InvalidOption } from '../errors.js'
import type { IceConfig, IceServer, PeerIceServer } from '../peers/peer-factory.js'
import { type IceUrl, iceUrlProblem, parseIceUrl } from './ice-url.js'
import { turnCredentials } from './turn-credentials.js'

/** TURN servers that share a secret with us: each client gets credentials of its own, which end. */
export interface TurnSecretServer {
  /** `turn:` and `turns:` URLs. */
  urls: string | string[]
  /** The TURN server's `static-auth-secret`. It never leaves this process. */
  secret: string
  /** Seconds that the credentials last. Default 86,400, a day. */
  ttl?: number
}

/** A STUN or TURN server as the options have it. */
export type IceServerOption = IceServer | TurnSecretServer

const defaultTtl = 24 * 60 * 60
const longestTtl = 365 * 24 * 60 * 60
const properties = new Set(['urls', 'username', 'credential', 'secret', 'ttl'])
/** The TURN user that the server's own peers are. */
const ownId = 'server'

/**
 * The ICE servers of the options: for clients, who ask with `webrtc:config`, and for the server's own
 * peers. Where there is a secret, each is given credentials that end.
 */
export class IceServers {
  readonly #servers: readonly IceServerOption[]
  readonly #ttl: number | null

  /**
   * Throws `PHX_ERR_OPTION_INVALID` for what is no ICE server; the message has no credential in it.
   *
   * @param name of the option, for the error
   */
  constructor(servers: readonly IceServerOption[], name: string) {
    if (!Array.isArray(servers)) throw new InvalidOption(name, 'must be a list')
    for (const [index, server] of servers.entries()) checkServer(server, `${name}[${index}]`)
    this.#servers = structuredClone(servers)
    const ttls = this.#servers.filter(hasSecret).map(({ ttl = defaultTtl }) => ttl)
    this.#ttl = ttls.length === 0 ? null : Math.min(...ttls)
  }

  /** Whether the server's own peers can be given a relay by one of them. */
  get haveRelay(): boolean {
    return this.forPeer(0).some(({ relayType }) => relayType !== undefined)
  }

  /**
   * For the client of a user.
   *
   * @param now in milliseconds since 1970
   */
  forClient(userId: string, now: number): IceConfig {
    return { ice_servers: this.#at(userId, now), ttl: this.#ttl }
  }

  /**
   * For a peer of the server. The native library knows STUN and TURN over UDP alone; the others are
   * for clients, and left out here.
   *
   * @param now in milliseconds since 1970
   */
  forPeer(now: number): PeerIceServer[] {
    return this.#at(ownId, now).flatMap(({ urls, username = '', credential = '' }) =>
      listOf(urls).flatMap((text) => {
        const { scheme, hostname, port, transport } = parseIceUrl(text) as IceUrl
        if (scheme === 'stun') return [{ hostname, port }]
        if (scheme !== 'turn' || transport === 'tcp') return []
        return [{ hostname, port, username, password: credential, relayType: 'TurnUdp' as const }]
      })
    )
  }

  #at(id: string, now: number): readonly IceServer[] {
    return this.#servers.map((server) => {
      if (!hasSecret(server)) return server
      const { urls, secret, ttl = defaultTtl } = server
      return { urls, ...turnCredentials(secret, id, now + ttl * 1000) }
    })
  }
}

function hasSecret(server: IceServerOption): server is TurnSecretServer {
  return 'secret' in server
}

function checkServer(server: unknown, name: string): void {
  if (typeof server !== 'object' || server === null) throw new InvalidOption(name, 'must be an object')
  const { urls, username, credential, secret, ttl } = server as Record<string, unknown>
  const list: unknown[] = listOf(urls)
  if (urls === undefined || list.length === 0) throw new InvalidOption(`${name}.urls`, 'must name a server')
  for (const text of list) {
    const problem = iceUrlProblem(text)
    if (problem !== undefined) throw new InvalidOption(`${name}.urls`, problem)
  }
  const hasTurn = list.some((text) => String(text).startsWith('turn'))
  const hasStun = list.some((text) => String(text).startsWith('stun'))

  for (const [property, value] of Object.entries(server)) {
    if (!properties.has(property))
      throw new InvalidOption(name, `has the unknown property ${quoted(property)}`)
    if (property === 'urls' || property === 'ttl') continue
    if (typeof value !== 'string') throw new InvalidOption(`${name}.${property}`, 'must be a string')
  }
  if (secret === undefined) {
    if (ttl !== undefined) throw new InvalidOption(`${name}.ttl`, 'needs a secret')
    if (hasTurn && (username === undefined || credential === undefined)) {
      throw new InvalidOption(name, 'a TURN server needs a username and a credential, or a secret')
    }
    return
  }
  if (secret === '') throw new InvalidOption(`${name}.secret`, 'is empty')
  if (username !== undefined || credential !== undefined) {
    throw new InvalidOption(name, 'has a secret, from which username and credential are made')
  }
  if (hasStun) throw new InvalidOption(name, 'has a secret, which is for TURN servers alone')
  if (ttl !== undefined && !isTtl(ttl)) {
    throw new InvalidOption(`${name}.ttl`, `must be a whole number of seconds from 60 to ${longestTtl}`)
  }
}

function isTtl(ttl: unknown): boolean {
  return Number.isInteger(ttl) && (ttl as number) >= 60 && (ttl as number) <= longestTtl
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value]
}

/** Not the whole of it: what was written in the wrong place may be a secret. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 20))
}
