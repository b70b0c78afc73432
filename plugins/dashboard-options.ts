import type { FastifyRequest } from 'fastify'
import { InvalidOption } from '../lib/errors.js'
import { isFunction } from '../lib/options.js'
import { demandKnown, demandRecord, demandWith } from '../lib/util/demand.js'
import { registerOptions } from './register-options.js'

/** Options of the dashboard. */
export interface DashboardOptions {
  /** Put in front of `path`, as Fastify does for plugins with a context of their own. Default none. */
  prefix?: string
  /** Where the page is; its socket is at `<path>/socket`. Default `/dashboard`. */
  path?: string
  /**
   * Whether a request may see the dashboard: true, or a promise of it. It is asked for the page and, without
   * `token`, for each of its files, and each time that the socket connects, at the latest after an hour. An error with a `statusCode` of 4xx is answered as it is; anything
   * else that it throws answers 500 with `PHX_ERR_DASHBOARD_AUTHORIZE`, and is its cause.
   */
  authorize?: (request: FastifyRequest) => boolean | Promise<boolean>
  /**
   * Lets in who knows it, beside those that `authorize` accepts: as `Authorization: Bearer`, or in the form of the page,
   * which keeps a session of twelve hours in a cookie.
   */
  token?: string
  /** Whether sockets may be disconnected, peers closed and messages broadcast. Default false. */
  actions?: boolean
}

/** The options with their defaults, checked. */
export interface DashboardSettings {
  /** Prefix and path. */
  readonly path: string
  readonly authorize: DashboardOptions['authorize']
  readonly token: string | undefined
  readonly actions: boolean
}

const demand = demandWith(InvalidOption, 'dashboard.')
const optionNames = new Set<string>(['path', 'authorize', 'token', 'actions', ...registerOptions])

const isPath = (path: unknown): boolean => typeof path === 'string' && /^(?:\/[\w.~-]+)+$/.test(path)

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readDashboardOptions(options: DashboardOptions): DashboardSettings {
  demandRecord(InvalidOption, 'dashboard', options)
  demandKnown(demand, options, optionNames)
  const { prefix = '', path = '/dashboard', authorize, token, actions = false } = options
  demand('prefix', prefix === '' || isPath(prefix), 'must start with a slash and not end with one')
  demand('path', isPath(path), 'must be segments of letters, digits and -._~, each behind a slash')
  demand('authorize', authorize === undefined || isFunction(authorize), 'must be a function')
  demand('token', token === undefined || (typeof token === 'string' && token.trim() !== ''), 'must be text')
  demand('actions', typeof actions === 'boolean', 'must be true or false')
  return { path: prefix + path, authorize, token, actions }
}
