import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { demand, isStrings, isTime, timeRange } from '../../options.js'

/**
 * How NATS is used. What is not named here goes to the client as it is: `user` and `pass`, `token`, `authenticator`,
 * `tls`, `name` and others.
 */
export interface NatsOptions
  extends Omit<
    NodeConnectionOptions,
    // What this engine decides for itself.
    | 'maxPingOut'
    | 'maxReconnectAttempts'
    | 'noEcho'
    | 'pingInterval'
    | 'port'
    | 'reconnect'
    | 'reconnectDelayHandler'
    | 'reconnectJitter'
    | 'reconnectJitterTLS'
    | 'reconnectTimeWait'
    | 'reconnectToServer'
    | 'servers'
    | 'timeout'
    | 'waitOnFirstConnect'
  > {
  /**
   * Servers of one NATS cluster, as `nats://host:port`; one that is away is passed over, and others that the server
   * tells of are used too. `tls://` demands TLS. May hold a user and a password, or a token, for all of them.
   * Default: nats://127.0.0.1:4222.
   */
  servers?: string | string[]
  /** The tokens in front of all subjects: the same for all nodes of one deployment. Default: `phx`. */
  prefix?: string
  /** Bytes that may wait for the server; `publish` answers false over it. Default: 16 MiB. */
  outboxBytes?: number
  /**
   * Servers of a NATS cluster that keep what is claimed by calls that run once, which takes JetStream: 1, 3 or 5. Counts
   * when the streams are made, `<prefix>_once_claims` and `<prefix>_once_results`. Default: 1.
   */
  claimReplicas?: number
  /**
   * The same for the histories of topics, in the stream `<prefix>_history`. Default: 1.
   */
  historyReplicas?: number
  /** Milliseconds in which the server has to be reached at the start. Default: 5,000. */
  connectTimeoutMs?: number
}

/** The options, with what the client is to be given. */
export interface NatsSettings {
  prefix: string
  outboxBytes: number
  claimReplicas: number
  historyReplicas: number
  connectTimeoutMs: number
  servers: string[]
  client: NodeConnectionOptions
}

const defaultOutboxBytes = 16 * 1024 * 1024

/** Tokens with dots between them, and neither blanks nor wildcards; those that begin with $ are the server's own. */
const prefixForm = /^(?!\$)[^\s.*>]+(\.[^\s.*>]+)*$/
const maxPrefixLength = 256

/** @throws PHX_ERR_OPTION_INVALID */
export function readOptions(options: NatsOptions): NatsSettings {
  const {
    servers = 'nats://127.0.0.1:4222',
    prefix = 'phx',
    outboxBytes = defaultOutboxBytes,
    claimReplicas = 1,
    historyReplicas = 1,
    connectTimeoutMs = 5000,
    ...client
  } = options
  const urls = typeof servers === 'string' ? [servers] : servers
  const isList = isStrings(urls) && urls.length > 0 && urls.every(isNatsServer)
  demand('servers', isList, 'must be nats://host:port or tls://host:port, or several')
  const isPrefix = typeof prefix === 'string' && prefix.length <= maxPrefixLength && prefixForm.test(prefix)
  demand('prefix', isPrefix, 'must be one or more tokens of a subject, without blanks and wildcards')
  const isSize = Number.isSafeInteger(outboxBytes) && outboxBytes > 0
  demand('outboxBytes', isSize, 'must be a number of bytes over 0')
  for (const [name, replicas] of Object.entries({ claimReplicas, historyReplicas }))
    demand(name, [1, 2, 3, 4, 5].includes(replicas), 'must be a number of servers from 1 to 5')
  const isWait = isTime(connectTimeoutMs) && connectTimeoutMs > 0
  demand('connectTimeoutMs', isWait, `must be over 0, and ${timeRange}`)
  const places = urls.map(readUrl)
  const credentials = places.find(({ user }) => user !== undefined)
  const hasOwn = client.user !== undefined || client.token !== undefined || client.authenticator !== undefined
  return {
    prefix,
    outboxBytes,
    claimReplicas,
    historyReplicas,
    connectTimeoutMs,
    servers: places.map(({ address }) => address),
    client: {
      ...client,
      ...(client.tls === undefined && places.some(({ isTls }) => isTls) && { tls: {} }),
      ...(!hasOwn && credentials !== undefined && credentialsOf(credentials))
    }
  }
}

/** Whether it is the address of a server, as the option `servers` takes it. */
export function isNatsServer(url: string): boolean {
  return /^(?:(?:nats|tls):\/\/)?(?:[^\s/]*@)?[^\s/@]+\/?$/i.test(url)
}

interface Place {
  address: string
  isTls: boolean
  user: string | undefined
  pass: string | undefined
}

function readUrl(url: string): Place {
  const [, scheme = '', credentials, address = ''] = /^(?:([a-z]+):\/\/)?(?:(.*)@)?(.*)$/i.exec(url) ?? []
  const [user, ...pass] = credentials?.split(':') ?? []
  return {
    address: scheme === '' ? address : `${scheme}://${address}`,
    isTls: scheme.toLowerCase() === 'tls',
    user: decoded(user),
    pass: pass.length === 0 ? undefined : decoded(pass.join(':'))
  }
}

/** A user without a password is a token. */
function credentialsOf({ user = '', pass }: Place): Pick<NodeConnectionOptions, 'user' | 'pass' | 'token'> {
  return pass === undefined ? { token: user } : { user, pass }
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
