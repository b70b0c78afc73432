import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** What decides which route a path is (find-my-way). */
interface RouterOptions {
  caseSensitive?: boolean
  ignoreTrailingSlash?: boolean
  ignoreDuplicateSlashes?: boolean
  maxParamLength?: number
  useSemicolonDelimiter?: boolean
}

interface ServerOptions {
  routerOptions?: RouterOptions
  /** As Fastify calls it, ahead of the router, with the server as `this`. */
  rewriteUrl?: (request: IncomingMessage) => string
}

/**
 * The options that decide which route a URL is. `initialConfig` tells of the router's, but not of those
 * that were given in the old place, beside `routerOptions`, nor of `rewriteUrl`.
 */
export function serverOptions(app: FastifyInstance): ServerOptions {
  for (let context: object | null = app; context !== null; context = Object.getPrototypeOf(context)) {
    const key = Object.getOwnPropertySymbols(context).find(
      ({ description }) => description === 'fastify.options'
    )
    if (key !== undefined) return Reflect.get(context, key) as ServerOptions
  }
  return {}
}

/** The router's, without what it calls back. */
export function routerOptions(app: FastifyInstance): RouterOptions {
  const all = serverOptions(app).routerOptions ?? {}
  const names = [
    'caseSensitive',
    'ignoreTrailingSlash',
    'ignoreDuplicateSlashes',
    'maxParamLength',
    'useSemicolonDelimiter'
  ] as const
  return Object.fromEntries(names.map((name) => [name, all[name]]))
}
