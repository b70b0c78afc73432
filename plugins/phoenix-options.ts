import type { ChannelDefinition } from '../lib/channel/channel.js'
import { demandDefinition } from '../lib/channel/definition.js'
import type { ClusterAdapter } from '../lib/cluster/adapter.js'
import type { HealthOptions } from '../lib/endpoint/health.js'
import { InvalidOption } from '../lib/errors.js'
import { type ClusterLimit, clusterLimitNames, type Limits, mergeLimits } from '../lib/limits/limits.js'
import { type RefusalLevels, refusalKinds } from '../lib/log/refusals.js'
import type { ChannelFactory } from '../lib/mount/channel-context.js'
import type { Connect } from '../lib/mount/connect.js'
import { type ConnectInfoKey, connectInfoKeys } from '../lib/mount/connect-info.js'
import { demand, isCount, isFunction, isStrings } from '../lib/options.js'
import { hasName, Presence } from '../lib/presence/presence.js'
import type { Assigns } from '../lib/protocol/assigns.js'
import { isVersion } from '../lib/protocol/serializer/negotiate.js'
import type { Serializer } from '../lib/protocol/serializer/serializer.js'
import { v1 } from '../lib/protocol/serializer/v1.js'
import { v2 } from '../lib/protocol/serializer/v2.js'
import { patternProblem } from '../lib/protocol/topic.js'
import type { DrainOptions } from '../lib/socket/drainer.js'
import { type CheckOrigin, hostProblem, originProblem } from '../lib/transport/origin.js'
import { demandKnown } from '../lib/util/demand.js'
import { isObject } from '../lib/util/is-object.js'
import type { WebRtcOptions } from '../lib/webrtc/native-factory.js'
import { readDrainOptions } from './drain-options.js'
import { readHealthOptions } from './health-options.js'
import { registerOptions } from './register-options.js'
import {
  type LongPollOptions,
  type LongPollSettings,
  readLongPollOptions,
  readWebSocketOptions,
  type WebSocketOptions,
  type WebSocketSettings
} from './transport-options.js'

/** Options of the plugin: one socket and the channels that can be joined on it. */
export interface PhoenixOptions<A extends object = Assigns> {
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
  /**
   * Limits that count over all nodes of the `cluster`, each as far as it knows of the others: nodes that admit somebody at
   * the same moment may be over it. Name the same ones on all nodes. Default none: each node counts for itself.
   */
  clusterLimits?: readonly ClusterLimit[]
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
   * What makes this node one that is not ready, see `app.phoenix.health()`. It is of the whole server: a second mount
   * names the same, or nothing.
   */
  health?: Partial<HealthOptions>
  /**
   * At which level the log says why clients are refused, by kind; false says nothing. Default: the levels of
   * Phoenix. Each kind is written once a second at the most, with the number of those left out.
   */
  log?: RefusalLevels | false
  /**
   * Joins other nodes: `redis()` of `fastify-phoenix/redis`, `nats()`, `workers()`, or an adapter of your own. It is of
   * the whole server: a second mount names the same one, or none. Default none: this node is alone.
   */
  cluster?: ClusterAdapter
  /**
   * Presences with a name: from the start on, they show the channels of all nodes. One that is not named here joins
   * the others when a channel of this node uses it for the first time. Default none.
   */
  presence?: Presence | readonly Presence[]
  /** WebRTC peers for user channels; false answers offers with `webrtc_disabled`. Default on. */
  webrtc?: WebRtcOptions | false
}

/** The options with their defaults, checked and frozen. */
export interface Settings
  extends Required<
    Omit<
      PhoenixOptions,
      'prefix' | 'host' | 'limits' | 'websocket' | 'longpoll' | 'drain' | 'health' | 'cluster' | 'presence'
    >
  > {
  readonly cluster: ClusterAdapter | undefined
  readonly presence: readonly Presence[]
  readonly host: string | undefined
  readonly limits: Readonly<Limits>
  readonly websocket: WebSocketSettings | false
  readonly longpoll: LongPollSettings | false
  readonly drain: Readonly<DrainOptions>
  readonly health: Readonly<HealthOptions>
}

const optionNames = new Set<string>([
  'path',
  'connect',
  'id',
  'expiresAt',
  'channels',
  'maxChannels',
  'limits',
  'clusterLimits',
  'serializers',
  'checkOrigin',
  'host',
  'connectInfo',
  'authToken',
  'websocket',
  'longpoll',
  'drain',
  'health',
  'log',
  'cluster',
  'presence',
  'webrtc',
  ...registerOptions
])

function isAdapter(value: unknown): boolean {
  const methods = ['start', 'publish', 'subscribe', 'unsubscribe', 'close']
  return isObject(value) && methods.every((name) => isFunction(value[name]))
}

function isSerializer(value: unknown): boolean {
  if (!isObject(value)) return false
  const methods = ['decode', 'encodeReply', 'encodePush', 'encodeBroadcast']
  return isVersion(value.version) && methods.every((name) => isFunction(value[name]))
}

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readOptions(options: PhoenixOptions, pluginTimeout: number): Settings {
  demandKnown(demand, options, optionNames)
  const {
    prefix = '',
    path = '/socket',
    connect,
    id = () => null,
    expiresAt = () => undefined,
    channels,
    maxChannels = 100,
    clusterLimits = [],
    serializers = [v1, v2],
    checkOrigin = true,
    host,
    connectInfo = [],
    authToken = false,
    log = {},
    cluster,
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
    'clusterLimits',
    Array.isArray(clusterLimits) && clusterLimits.every((name) => clusterLimitNames.includes(name)),
    `must be a list of ${clusterLimitNames.join(', ')}`
  )
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
  demand('cluster', cluster === undefined || isAdapter(cluster), 'must be an adapter, as redis() makes one')
  demand('webrtc', webrtc === false || isObject(webrtc), 'must be an object or false')
  return Object.freeze({
    path: prefix + path,
    connect,
    id,
    expiresAt,
    channels,
    maxChannels,
    limits: mergeLimits(options.limits),
    clusterLimits,
    serializers,
    checkOrigin,
    host,
    connectInfo,
    authToken,
    websocket: readWebSocketOptions(options.websocket),
    longpoll: readLongPollOptions(options.longpoll),
    drain: readDrainOptions(options.drain, pluginTimeout),
    health: readHealthOptions(options.health),
    log,
    cluster,
    presence: readPresences(options.presence),
    webrtc
  })
}

function readPresences(presence: PhoenixOptions['presence'] = []): readonly Presence[] {
  const presences = presence instanceof Presence ? [presence] : presence
  const isFit =
    Array.isArray(presences) && presences.every((each) => each instanceof Presence && hasName(each))
  demand('presence', isFit, 'must be a presence with a name, or a list of them')
  return presences
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
