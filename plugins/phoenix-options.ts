import { types } from 'node:util'
import type { ChannelDefinition } from '../lib/channel/channel.js'
import type { ClusterAdapter } from '../lib/cluster/adapter.js'
import type { HealthOptions } from '../lib/endpoint/health.js'
import { InvalidOption } from '../lib/errors.js'
import { type HistoryLimits, readHistoryLimits } from '../lib/history/options.js'
import { type ClusterLimit, clusterLimitNames, type Limits, mergeLimits } from '../lib/limits/limits.js'
import type { RefusalLevels } from '../lib/log/refusals.js'
import type { ChannelFactory } from '../lib/mount/channel-context.js'
import type { Connect } from '../lib/mount/connect.js'
import { type ConnectInfoKey, connectInfoKeys } from '../lib/mount/connect-info.js'
import type { OnceOptions } from '../lib/once/options.js'
import { demand, isCount, isFunction } from '../lib/options.js'
import { hasName, Presence } from '../lib/presence/presence.js'
import type { Assigns } from '../lib/protocol/assigns.js'
import { isVersion } from '../lib/protocol/serializer/negotiate.js'
import type { Serializer } from '../lib/protocol/serializer/serializer.js'
import { v1 } from '../lib/protocol/serializer/v1.js'
import { v2 } from '../lib/protocol/serializer/v2.js'
import type { DrainOptions } from '../lib/socket/drainer.js'
import { type CheckOrigin, hostProblem } from '../lib/transport/origin.js'
import { demandKnown, demandRecord } from '../lib/util/demand.js'
import { isObject } from '../lib/util/is-object.js'
import type { WebRtcOptions } from '../lib/webrtc/native-factory.js'
import { demandChannels } from './channel-options.js'
import { readDrainOptions } from './drain-options.js'
import { readHealthOptions } from './health-options.js'
import { demandLevels } from './log-options.js'
import { readOnceOptions } from './once-options.js'
import { demandOrigins } from './origin-options.js'
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
   * `errorHandler`; a throw answers 500, and so does anything else than an object, an Error or a Map included.
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
   * How long, and how much of it, a node remembers of calls that run once (`callWith({ once: true }, ...)`). It is of
   * the whole server: a second mount names the same, or nothing.
   */
  once?: Partial<OnceOptions>
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
  /**
   * What the histories of all topics may take, see `ChannelDefinition.history`. It is of the whole server: a second
   * mount names the same, or nothing.
   */
  history?: Partial<HistoryLimits>
  /** WebRTC peers for user channels; false answers offers with `webrtc_disabled`. Default on. */
  webrtc?: WebRtcOptions | false
}

/** The options with their defaults, checked and frozen. */
export interface Settings
  extends Required<
    Omit<
      PhoenixOptions,
      | 'prefix'
      | 'host'
      | 'limits'
      | 'websocket'
      | 'longpoll'
      | 'drain'
      | 'health'
      | 'once'
      | 'cluster'
      | 'presence'
      | 'history'
    >
  > {
  readonly cluster: ClusterAdapter | undefined
  readonly presence: readonly Presence[]
  readonly history: Readonly<HistoryLimits> | undefined
  readonly host: string | undefined
  readonly limits: Readonly<Limits>
  readonly websocket: WebSocketSettings | false
  readonly longpoll: LongPollSettings | false
  readonly drain: Readonly<DrainOptions>
  readonly health: Readonly<HealthOptions>
  readonly once: Readonly<OnceOptions>
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
  'once',
  'log',
  'cluster',
  'presence',
  'history',
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
  // What they promise is neither awaited nor a frame.
  const isSync = methods.every((name) => isFunction(value[name]) && !types.isAsyncFunction(value[name]))
  return isVersion(value.version) && isSync
}

/** Checks the options and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readOptions(options: PhoenixOptions, pluginTimeout: number): Settings {
  demandRecord(InvalidOption, 'options', options)
  demandKnown(demand, options, optionNames)
  const {
    prefix = '',
    path = '/socket',
    connect,
    id = () => null,
    expiresAt = () => undefined,
    channels,
    maxChannels = 100,
    limits = {},
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
  demandRecord(InvalidOption, 'limits', limits)
  demand(
    'clusterLimits',
    Array.isArray(clusterLimits) && clusterLimits.every((name) => clusterLimitNames.includes(name)),
    `must be a list of ${clusterLimitNames.join(', ')}`
  )
  demand(
    'serializers',
    Array.isArray(serializers) && serializers.length > 0 && serializers.every(isSerializer),
    'must be a list of serializers, whose functions are not async'
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
  if (webrtc !== false) demandRecord(InvalidOption, 'webrtc', webrtc, 'an object or false')
  return Object.freeze({
    path: prefix + path,
    connect,
    id,
    expiresAt,
    channels,
    maxChannels,
    limits: mergeLimits(limits),
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
    once: readOnceOptions(options.once),
    log,
    cluster,
    presence: readPresences(options.presence),
    history: options.history === undefined ? undefined : readHistoryLimits(options.history),
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
