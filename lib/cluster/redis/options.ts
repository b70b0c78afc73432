import type { RedisClientOptions, RedisClusterOptions, RedisSentinelOptions } from '@redis/client'
import { demand, isCount } from '../../options.js'
import { demandKnown } from '../../util/demand.js'
import { isObject } from '../../util/is-object.js'
import { withAddress } from './address.js'
import { destroy, newClient } from './client.js'
import { RedisCluster } from './cluster.js'
import { plainNames, shardedNames } from './names.js'
import type { RedisAdapterOptions } from './redis-adapter.js'
import { SentinelMaster } from './sentinel.js'
import { OneServer } from './topology.js'

/** Which Redis joins the nodes, and how it is used: one of `url` or `client`, `sentinel` and `cluster`. */
export interface RedisOptions {
  /** `redis[s]://[[user][:password]@]host[:port]`, or `unix://` with a path. Default: Redis on this machine. */
  url?: string
  /** What else the client library is to be given: `socket` with TLS, `username`, `password` and so on. */
  client?: RedisClientOptions
  /** As for `createSentinel` of the client library: the master that these Redis Sentinels name. */
  sentinel?: RedisSentinelOptions
  /** As for `createCluster` of the client library: the servers of this Redis Cluster. */
  cluster?: RedisClusterOptions
  /** With `cluster`: each message goes to the server that has its channel alone (Redis 7). Default: true. */
  sharded?: boolean
  /** What the names of all channels begin with: nodes of one prefix are a cluster. Default: `phx:`. */
  prefix?: string
  /** Bytes that may wait to be sent; over it messages are dropped and counted. Default: 16 MiB. */
  outboxBytes?: number
  /** How long Redis may take to be reached. Default: 5,000 ms. */
  connectTimeoutMs?: number
}

const names = new Set<keyof RedisOptions>([
  'url',
  'client',
  'sentinel',
  'cluster',
  'sharded',
  'prefix',
  'outboxBytes',
  'connectTimeoutMs'
])

/** @throws PHX_ERR_OPTION_INVALID for an option that is none, or does not fit; no message quotes a URL. */
export function readOptions(options: RedisOptions): RedisAdapterOptions {
  check(options)
  const { cluster, sharded = cluster !== undefined, prefix = 'phx:' } = options
  const { outboxBytes = 16 * 1024 * 1024, connectTimeoutMs = 5_000 } = options
  const named = sharded ? shardedNames(prefix) : plainNames(prefix)
  const topology =
    cluster !== undefined
      ? new RedisCluster(cluster, named, connectTimeoutMs)
      : options.sentinel !== undefined
        ? new SentinelMaster(options.sentinel, connectTimeoutMs)
        : new OneServer(withAddress(clientOptions(options), undefined, connectTimeoutMs))
  return { topology, names: named, outboxBytes, connectTimeoutMs, keeps: sharded || cluster === undefined }
}

function clientOptions({ url, client }: RedisOptions): RedisClientOptions {
  return { ...client, ...(url !== undefined && { url }) }
}

function check(options: RedisOptions): void {
  demandKnown(demand, options, names, 'redis.')
  const { sentinel, cluster, sharded, prefix, outboxBytes, connectTimeoutMs } = options
  const isSingle = options.url !== undefined || options.client !== undefined
  const places = [isSingle, sentinel !== undefined, cluster !== undefined].filter(Boolean).length
  demand('redis', places <= 1, 'takes one of url or client, sentinel and cluster')
  checkUrl('redis.url', clientOptions(options))
  if (sentinel !== undefined) {
    const { name, sentinelRootNodes } = sentinel
    demand('redis.sentinel.name', typeof name === 'string', 'must name the master')
    demand('redis.sentinel.sentinelRootNodes', isFilled(sentinelRootNodes), 'must have one server at least')
  }
  if (cluster !== undefined) {
    demand('redis.cluster.rootNodes', isFilled(cluster.rootNodes), 'must have one server at least')
    for (const root of cluster.rootNodes) checkUrl('redis.cluster.rootNodes', root)
  }
  demand('redis.sharded', sharded === undefined || typeof sharded === 'boolean', 'must be true or false')
  demand('redis.sharded', sharded !== true || cluster !== undefined, 'needs cluster')
  demand('redis.prefix', prefix === undefined || typeof prefix === 'string', 'must be text')
  demand(
    'redis.prefix',
    !/[{}]/.test(prefix ?? ''),
    'must have no braces: they name a slot of a Redis Cluster'
  )
  for (const [name, count] of Object.entries({ outboxBytes, connectTimeoutMs }))
    demand(
      `redis.${name}`,
      count === undefined || (isCount(count) && count > 0),
      'must be a whole number over 0'
    )
}

const isFilled = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isObject)

/** Checked here, as what the library says of a URL quotes it, with the password. */
function checkUrl(name: string, { url, socket }: RedisClientOptions): void {
  if (url === undefined) return
  let tls: boolean | undefined
  try {
    const client = newClient({ url })
    // The library takes an empty one for none.
    if (url !== '') tls = client.options?.socket?.tls === true
    destroy(client)
  } catch {
    // It is demanded below.
  }
  demand(
    name,
    tls !== undefined,
    'must be redis[s]://[[user][:password]@]host[:port], or unix:// with a path'
  )
  const wanted = socket?.tls
  demand(name, wanted === undefined || wanted === tls, 'must begin with rediss:// if socket.tls is true')
}
