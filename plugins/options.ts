import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChannelDefinition, ChannelFactory } from '../lib/channel.js'
import { demandDefinition } from '../lib/channel-definition.js'
import { longestTimer } from '../lib/clock.js'
import { type ConnectInfoKey, connectInfoKeys } from '../lib/connect-info.js'
import { type DrainOptions, defaultDrainOptions } from '../lib/drainer.js'
import { InvalidOption } from '../lib/errors.js'
import type { Assigns } from '../lib/hooks/types.js'
import { isObject } from '../lib/is-object.js'
import { type Limits, mergeLimits } from '../lib/limits.js'
import { noSuch } from '../lib/near-miss.js'
import { type RefusalLevels, refusalKinds } from '../lib/refusals.js'
import { isVersion } from '../lib/serializer/negotiate.js'
import type { Serializer } from '../lib/serializer/serializer.js'
import { v1 } from '../lib/serializer/v1.js'
import { v2 } from '../lib/serializer/v2.js'
import type { Connect } from '../lib/socket-mount.js'
import { patternProblem } from '../lib/topic.js'
import { type CheckOrigin, hostProblem, originProblem } from '../lib/transport/origin.js'
import type { WebRtcOptions } from '../lib/webrtc/node-datachannel.js'

/** Options of the WebSocket transport of one mount. */
export interface WebSocketOptions {
  /** Path below the mount; `:name` segments become connect parameters. Default `websocket`. */
  path?: string
  /**
   * Milliseconds without anything from the client, after which it is closed (1002), up to a sixteenth of
   * that late; 0 is never. Default 60,000.
   */
  timeoutMs?: number
  /** Whether clients may negotiate permessage-deflate. Default false. */
  compress?: boolean
  /** Sub-protocols in the order of preference; clients that offer none of them are refused. Default none. */
  subprotocols?: readonly string[]
  /**
   * Answers a connect that `connect` refused with a reason (`error_handler` in Phoenix).
   * Default: 403 with an empty body.
   */
  errorHandler?: (reason: unknown, request: FastifyRequest, reply: FastifyReply) => unknown
}

/** Options of the long-poll transport of one mount. */
export interface LongPollOptions {
  /** Path below the mount; `:name` segments become connect parameters. Default `longpoll`. */
  path?: string
  /**
   * Milliseconds that a poll waits for a message, and a POST for its messages to be taken; a session
   * that is not polled for one and a half times as long ends. Default 10,000.
   */
  windowMs?: number
  /**
   * Sessions that may be open at once; unlike WebSockets they hold no connection, of which the system has
   * only so many. A further client is refused (403). 0 is no limit. Default 50,000.
   */
  maxSessions?: number
  /** Milliseconds in which the body of a request has to be there; then its connection ends. Default 15,000. */
  bodyTimeoutMs?: number
  /**
   * Bytes of the bodies of POSTs that may be here at once, over all sessions; each has one at a time, of eight
   * frames at the most. Beyond, POSTs are answered 503. 0 is no limit. Default 64 MiB.
   */
  maxBodyBytes?: number
}

/** Options of the plugin: one socket and the channels that can be joined on it. */
export interface PhoenixOptions<A extends Assigns = Assigns> {
  /** Put in front of `path`, as Fastify does for plugins with a context of their own. Default none. */
  prefix?: string
  /** Where the socket is mounted; `:name` segments become connect parameters. Default `/socket`. */
  path?: string
  /**
   * Decides whether a client may connect, before the upgrade. Returns the assigns of its socket;
   * null, undefined or false refuse it with 403, `refuse(reason)` with a reason for the
   * `errorHandler`; a throw answers 500, and so does anything else than an object.
   */
  connect: Connect<A>
  /**
   * Names a socket, so that `app.phoenix.disconnect(id)` closes all sockets of that name, and limits
   * count over all of them: `user_socket:<user id>`. Null and undefined are no name, anything else but text
   * answers 500. Default: no name.
   */
  id?: (socket: { assigns: A }) => string | null | undefined
  /**
   * When the token of a socket ends, in milliseconds since 1970; the socket is closed then (1001).
   * Null, undefined and Infinity are never. A client whose token is over is refused with 403, and so is
   * one for whom this is no number, which is logged as an error.
   */
  expiresAt?: (socket: { assigns: A }) => number | null | undefined
  /** Channels by topic pattern; the first pattern that matches a topic wins. */
  channels: { readonly [pattern: string]: ChannelDefinition | ChannelFactory }
  /** Channels that one socket may join; 0 is no limit. Default 100. */
  maxChannels?: number
  /** Overrides of single limits; see {@link Limits}. */
  limits?: Partial<Limits>
  /** Protocol versions that are spoken. Default 1.0.0 and 2.0.0. */
  serializers?: readonly Serializer[]
  /** Which pages may connect. Default true: those served by the endpoint's own host. */
  checkOrigin?: CheckOrigin
  /** The endpoint's public host name, where it differs from the one in requests. */
  host?: string
  /** What `connect` is told about the request. Default nothing. */
  connectInfo?: readonly ConnectInfoKey[]
  /** Whether phoenix.js's `authToken` is handed to `connect`, as `info.authToken`. Default false. */
  authToken?: boolean
  /** Options of the WebSocket transport; false serves none. */
  websocket?: WebSocketOptions | false
  /** Options of the long-poll transport; false serves none. Default on. */
  longpoll?: LongPollOptions | false
  /**
   * How sockets are closed when the server shuts down. Phoenix's defaults, but that all of it has to
   * end within Fastify's `pluginTimeout`, which is 10,000 ms unless the application sets it.
   */
  drain?: Partial<DrainOptions>
  /**
   * At which level the log says why clients are refused, by kind; false says nothing. Default: the levels of
   * Phoenix. Each kind is written once a second at the most, with the number of those left out.
   */
  log?: RefusalLevels | false
  /** WebRTC peers for user channels; false answers offers with `webrtc_disabled`. Default on. */
  webrtc?: WebRtcOptions | false
}

interface WebSocketSettings extends Required<Omit<WebSocketOptions, 'errorHandler'>> {
  readonly errorHandler: WebSocketOptions['errorHandler'] | undefined
}

/** The options with their defaults, checked and frozen. */
export interface Settings
  extends Required<Omit<PhoenixOptions, 'prefix' | 'host' | 'limits' | 'websocket' | 'longpoll' | 'drain'>> {
  readonly host: string | undefined
  readonly limits: Readonly<Limits>
  readonly websocket: WebSocketSettings | false
  readonly longpoll: Required<LongPollOptions> | false
  readonly drain: Readonly<DrainOptions>
}

const optionNames = new Set<string>([
  'prefix',
  'path',
  'connect',
  'id',
  'expiresAt',
  'channels',
  'maxChannels',
  'limits',
  'serializers',
  'checkOrigin',
  'host',
  'connectInfo',
  'authToken',
  'websocket',
  'longpoll',
  'drain',
  'log',
  'webrtc',
  // Fastify hands the options of `register` on to the plugin.
  'logLevel',
  'logSerializers'
])
const longPollOptionNames = new Set(['path', 'windowMs', 'maxSessions', 'bodyTimeoutMs', 'maxBodyBytes'])
const webSocketOptionNames = new Set(['path', 'timeoutMs', 'compress', 'subprotocols', 'errorHandler'])

function demand(name: string, holds: boolean, problem: string): void {
  if (!holds) throw new InvalidOption(name, problem)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function demandKnown(options: object, names: ReadonlySet<string>, prefix: string): void {
  for (const name of Object.keys(options))
    demand(prefix + name, names.has(name), noSuch('option', name, names))
}

function isSerializer(value: unknown): boolean {
  if (!isObject(value)) return false
  const methods = ['decode', 'encodeReply', 'encodePush', 'encodeBroadcast']
  return isVersion(value.version) && methods.every((name) => isFunction(value[name]))
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isTime = (value: unknown): boolean => isCount(value) && (value as number) <= longestTimer
const timeRange = `from 0 to ${longestTimer}`
/** A session waits for one and a half windows. */
const longestWindow = Math.floor(longestTimer / 1.5)

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readOptions(options: PhoenixOptions, pluginTimeout: number): Settings {
  demandKnown(options, optionNames, '')
  const {
    prefix = '',
    path = '/socket',
    connect,
    id = () => null,
    expiresAt = () => undefined,
    channels,
    maxChannels = 100,
    serializers = [v1, v2],
    checkOrigin = true,
    host,
    connectInfo = [],
    authToken = false,
    log = {},
    webrtc = {}
  } = options
  demand(
    'prefix',
    prefix === '' || (typeof prefix === 'string' && /^\/.*[^/]$/.test(prefix)),
    'must start with a slash and not end with one'
  )
  demand(
    'path',
    typeof path === 'string' && /^\/.*[^/]$/.test(path),
    'must start with a slash and not end with one'
  )
  demand('connect', isFunction(connect), 'must be a function')
  demand('id', isFunction(id), 'must be a function')
  demand('expiresAt', isFunction(expiresAt), 'must be a function')
  demandChannels(channels)
  demand('maxChannels', isCount(maxChannels), 'must be a whole number, not negative')
  demand(
    'serializers',
    Array.isArray(serializers) && serializers.length > 0 && serializers.every(isSerializer),
    'must be a list of serializers'
  )
  demandOrigins(checkOrigin)
  demand('host', host === undefined || typeof host === 'string', 'must be a host name')
  if (host !== undefined) demand('host', hostProblem(host) === undefined, hostProblem(host) ?? '')
  demandLevels(log)
  demand(
    'connectInfo',
    Array.isArray(connectInfo) && connectInfo.every((key) => connectInfoKeys.includes(key)),
    `must be a list of ${connectInfoKeys.join(', ')}`
  )
  demand('authToken', typeof authToken === 'boolean', 'must be true or false')
  demand('webrtc', webrtc === false || isObject(webrtc), 'must be an object or false')
  return Object.freeze({
    path: prefix + path,
    connect,
    id,
    expiresAt,
    channels,
    maxChannels,
    limits: mergeLimits(options.limits),
    serializers,
    checkOrigin,
    host,
    connectInfo,
    authToken,
    websocket: readWebSocketOptions(options.websocket),
    longpoll: readLongPollOptions(options.longpoll),
    drain: readDrainOptions(options.drain, pluginTimeout),
    log,
    webrtc
  })
}

function readWebSocketOptions(options: PhoenixOptions['websocket'] = {}): Settings['websocket'] {
  if (options === false) return false
  demand('websocket', isObject(options), 'must be an object or false')
  demandKnown(options, webSocketOptionNames, 'websocket.')
  const {
    path = 'websocket',
    timeoutMs = 60_000,
    compress = false,
    subprotocols = [],
    errorHandler
  } = options
  demandTransportPath('websocket.path', path)
  demand('websocket.timeoutMs', isTime(timeoutMs), `must be a whole number of milliseconds ${timeRange}`)
  demand('websocket.compress', typeof compress === 'boolean', 'must be true or false')
  demand('websocket.subprotocols', isStrings(subprotocols), 'must be a list of names')
  demand(
    'websocket.errorHandler',
    errorHandler === undefined || isFunction(errorHandler),
    'must be a function'
  )
  return Object.freeze({ path, timeoutMs, compress, subprotocols, errorHandler })
}

function readLongPollOptions(options: PhoenixOptions['longpoll'] = {}): Settings['longpoll'] {
  if (options === false) return false
  demand('longpoll', isObject(options), 'must be an object or false')
  demandKnown(options, longPollOptionNames, 'longpoll.')
  const {
    path = 'longpoll',
    windowMs = 10_000,
    maxSessions = 50_000,
    bodyTimeoutMs = 15_000,
    maxBodyBytes = 64 * 1024 * 1024
  } = options
  demandTransportPath('longpoll.path', path)
  const isWindow = isCount(windowMs) && windowMs > 0 && windowMs <= longestWindow
  demand('longpoll.windowMs', isWindow, `must be a whole number of milliseconds from 1 to ${longestWindow}`)
  demand('longpoll.maxSessions', isCount(maxSessions), 'must be a whole number, not negative')
  demand(
    'longpoll.bodyTimeoutMs',
    isTime(bodyTimeoutMs) && bodyTimeoutMs > 0,
    `must be a whole number of milliseconds from 1 to ${longestTimer}`
  )
  demand('longpoll.maxBodyBytes', isCount(maxBodyBytes), 'must be a whole number, not negative')
  return Object.freeze({ path, windowMs, maxSessions, bodyTimeoutMs, maxBodyBytes })
}

/** Fastify gives up on closing after its `pluginTimeout` (0 is never), so a drain ends a little earlier. */
const closingMarginMs = 500

function readDrainOptions(
  options: Partial<DrainOptions> = {},
  pluginTimeout: number
): Readonly<DrainOptions> {
  demand('drain', isObject(options), 'must be an object')
  for (const [name, value] of Object.entries(options)) {
    const isKnown = Object.hasOwn(defaultDrainOptions, name)
    demand(`drain.${name}`, isKnown, noSuch('option', name, Object.keys(defaultDrainOptions)))
    demand(`drain.${name}`, isTime(value), `must be a whole number ${timeRange}`)
  }
  const longest =
    pluginTimeout === 0 ? Number.POSITIVE_INFINITY : Math.max(0, pluginTimeout - closingMarginMs)
  const shutdownMs = options.shutdownMs ?? Math.min(defaultDrainOptions.shutdownMs, longest)
  demand(
    'drain.shutdownMs',
    shutdownMs <= longest,
    `must be at most ${longest}, or pluginTimeout of Fastify longer`
  )
  const drain = { ...defaultDrainOptions, ...options, shutdownMs }
  demand('drain.batchSize', drain.batchSize > 0, 'must be positive')
  return Object.freeze(drain)
}

function demandTransportPath(name: string, path: unknown): void {
  const isPath = typeof path === 'string' && /^[^/](.*[^/])?$/.test(path)
  demand(name, isPath, 'must neither start nor end with a slash')
}

function demandChannels(channels: PhoenixOptions['channels']): void {
  demand('channels', isObject(channels), 'must be an object of channels by pattern')
  demand(
    'channels',
    Object.keys(channels).length > 0,
    'is empty: nobody could join anything; give a channel by pattern, as in { "room:*": channel }'
  )
  for (const [pattern, channel] of Object.entries(channels)) {
    const problem = patternProblem(pattern)
    if (problem !== undefined) throw new InvalidOption('channels', problem)
    // What a function makes is checked once it has made it.
    if (!isFunction(channel)) demandDefinition(`channels["${pattern}"]`, channel)
  }
}

const levels: readonly unknown[] = ['trace', 'debug', 'info', 'warn', 'error', false]

function demandLevels(log: unknown): void {
  if (log === false) return
  demand('log', isObject(log), 'must be an object of levels by kind, or false')
  for (const [kind, level] of Object.entries(log as object)) {
    demand(`log.${kind}`, (refusalKinds as string[]).includes(kind), 'there is no such option')
    demand(`log.${kind}`, levels.includes(level), 'must be trace, debug, info, warn, error or false')
  }
}

function demandOrigins(checkOrigin: CheckOrigin): void {
  const name = 'checkOrigin'
  if (typeof checkOrigin === 'boolean' || checkOrigin === 'conn' || isFunction(checkOrigin)) return
  if (!isStrings(checkOrigin))
    throw new InvalidOption(name, 'must be true, false, "conn", a list or a function')
  for (const entry of checkOrigin) {
    const problem = originProblem(entry)
    if (problem !== undefined) throw new InvalidOption(name, problem)
  }
}
