import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  HookHandlerDoneFunction
} from 'fastify'
import type { RefusalDetails } from '../lib/log/refusals.js'
import { type ConnectInfo, type ConnectInfoKey, connectInfo } from '../lib/mount/connect-info.js'
import type { RequestTarget } from '../lib/transport/origin.js'
import { type Params, parseQuery } from '../lib/transport/query.js'
import { routerOptions } from './router-options.js'

/** Understood by @fastify/swagger: the transports are no routes of an HTTP API. */
export const hiddenSchema: FastifySchema & { hide: boolean } = { hide: true }

/** Where the request goes to; behind a proxy Fastify's `trustProxy` decides about it. */
export function requestTarget(request: FastifyRequest): RequestTarget {
  const { protocol, hostname, port } = request
  return { scheme: protocol, host: hostname, port: port ?? (protocol === 'https' ? 443 : 80) }
}

/** For the log: an origin that was refused, and what it would have to be. */
export function originRefusal(request: FastifyRequest, wanted: string): RefusalDetails {
  return {
    // What is around the host decides nothing, and may be secret.
    origin: request.headers.origin?.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//'),
    wanted
  }
}

/** The path with and without a slash behind it, unless the router takes both for one. */
export function urlsOf(app: FastifyInstance, path: string): string[] {
  return routerOptions(app).ignoreTrailingSlash ? [path] : [path, `${path}/`]
}

/** Finds where the router has the query of a URL begin; less than 0 where there is none. */
export type QueryStart = (url: string) => number

export function queryStart(app: FastifyInstance): QueryStart {
  return routerOptions(app).useSemicolonDelimiter ? (url) => url.search(/[?;]/) : (url) => url.indexOf('?')
}

/** Query and path parameters; those of the path win. Throws `PHX_ERR_SOCKET_QUERY`. */
export function connectParams(request: FastifyRequest, startOf: QueryStart): Params {
  const url = request.raw.url ?? ''
  const at = startOf(url)
  return Object.assign(parseQuery(at < 0 ? '' : url.slice(at + 1)), request.params)
}

/** Answers 404 where a path parameter is empty, which the router takes for a value and Phoenix does not. */
export function refuseEmptyParams(
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction
): void {
  if (Object.values(request.params as object).includes('')) reply.callNotFound()
  else done()
}

/** What the mount wants to know of the request. */
export function requestInfo(keys: readonly ConnectInfoKey[], request: FastifyRequest): ConnectInfo {
  // Some of it takes a system call to find out.
  if (keys.length === 0) return {}
  const { ip, protocol, host, raw } = request
  return connectInfo(keys, {
    address: ip,
    port: raw.socket?.remotePort ?? 0,
    rawHeaders: raw.rawHeaders ?? [],
    scheme: protocol,
    host,
    url: raw.url ?? ''
  })
}
