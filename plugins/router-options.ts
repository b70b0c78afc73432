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

/** As Fastify calls it, ahead of the router, with the server as `this`. */
type RewriteUrl = (request: IncomingMessage) => string

const routerDefaults: Required<RouterOptions> = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  maxParamLength: 100,
  useSemicolonDelimiter: false
}

/** The router's, whether they were given in `routerOptions` or in the old place, beside it. */
export function routerOptions({ initialConfig }: FastifyInstance): RouterOptions {
  const places: RouterOptions[] = [initialConfig.routerOptions ?? {}, initialConfig]
  const shown = (name: keyof RouterOptions): unknown => {
    const byDefault = routerDefaults[name]
    // Both places have the defaults of what was not given there.
    const given = places.map((place) => place[name]).filter((value) => value !== undefined)
    return given.find((value) => value !== byDefault) ?? byDefault
  }
  const names = Object.keys(routerDefaults) as (keyof RouterOptions)[]
  return Object.fromEntries(names.map((name) => [name, shown(name)]))
}

/**
 * The option `rewriteUrl`, which `initialConfig` does not show; `unknown` where there is no way to find out whether
 * it was given. Relies on Fastify 5 keeping its options under a symbol `fastify.options`.
 */
export function rewriteUrlOf(app: FastifyInstance): RewriteUrl | undefined | 'unknown' {
  for (let context: object | null = app; context !== null; context = Object.getPrototypeOf(context)) {
    const key = Object.getOwnPropertySymbols(context).find(
      ({ description }) => description === 'fastify.options'
    )
    if (key !== undefined) return (Reflect.get(context, key) as { rewriteUrl?: RewriteUrl }).rewriteUrl
  }
  return 'unknown'
}
