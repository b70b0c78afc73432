/** What `connect` can be told about the request (Phoenix.Endpoint, `connect_info`), by Phoenix's names in camel case. */
export interface ConnectInfo {
  /** Address and port of the client; behind a proxy Fastify's `trustProxy` decides about the address. */
  peerData?: { address: string; port: number }
  /** Headers whose names start with `x-`, in the order in which they came, repeated ones included. */
  xHeaders?: [name: string, value: string][]
  /** `traceparent` and `tracestate`. */
  traceContextHeaders?: [name: string, value: string][]
  /** Headers whose names start with `sec-websocket-`, without the key and the extensions. */
  secWebsocketHeaders?: [name: string, value: string][]
  /** The header of that name; null without one. */
  userAgent?: string | null
  /** What the request goes to; behind a proxy Fastify's `trustProxy` decides about scheme and host. */
  uri?: { scheme: string; host: string; port: number; path: string; query: string }
  /** The token that the client carried outside the URL; there when the mount has `authToken`. */
  authToken?: string | null
}

/** The parts of {@link ConnectInfo} that a mount asks for with `connectInfo`. */
export const connectInfoKeys = [
  'peerData',
  'xHeaders',
  'traceContextHeaders',
  'secWebsocketHeaders',
  'userAgent',
  'uri'
] as const

/** One part of {@link ConnectInfo}; a value of the option `connectInfo`. */
export type ConnectInfoKey = (typeof connectInfoKeys)[number]

/** The request of a connect, as far as {@link connectInfo} needs it. */
export interface ConnectRequest {
  readonly address: string
  readonly port: number
  /** Names and values in turns, as they came (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[]
  readonly scheme: string
  readonly host: string
  /** Path and query. */
  readonly url: string
}

/** Collects what the mount asked for. */
export function connectInfo(keys: readonly ConnectInfoKey[], request: ConnectRequest): ConnectInfo {
  const info: ConnectInfo = {}
  if (keys.length === 0) return info
  const headers = headerPairs(request.rawHeaders)
  for (const key of keys) Object.assign(info, { [key]: collect[key](request, headers) })
  return info
}

const hostPattern = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/

type Headers = readonly [name: string, value: string][]

const collect: { [K in ConnectInfoKey]: (request: ConnectRequest, headers: Headers) => ConnectInfo[K] } = {
  peerData: ({ address, port }) => ({ address, port }),
  xHeaders: (_request, headers) => headers.filter(([name]) => name.startsWith('x-')),
  traceContextHeaders: (_request, headers) =>
    headers.filter(([name]) => name === 'traceparent' || name === 'tracestate'),
  secWebsocketHeaders: (_request, headers) =>
    headers.filter(
      ([name]) =>
        name.startsWith('sec-websocket-') &&
        name !== 'sec-websocket-key' &&
        name !== 'sec-websocket-extensions'
    ),
  userAgent: (_request, headers) => headers.find(([name]) => name === 'user-agent')?.[1] ?? null,
  uri: ({ scheme, host, url }) => {
    const at = url.indexOf('?')
    // What is no host with a port is told as it came: the header is the client's, and may be anything.
    const [, name = host, port] = hostPattern.exec(host) ?? []
    return {
      scheme,
      host: name.toLowerCase(),
      port: Number(port) || (scheme === 'https' ? 443 : 80),
      path: at < 0 ? url : url.slice(0, at),
      query: at < 0 ? '' : url.slice(at + 1)
    }
  }
}

function headerPairs(raw: readonly string[]): Headers {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2)
    pairs.push([(raw[i] as string).toLowerCase(), raw[i + 1] as string])
  return pairs
}
