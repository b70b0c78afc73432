import type { RedisClientOptions, RedisSentinelOptions } from '@redis/client'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where servers are that call themselves something else, as the client library has it. */
export type NodeAddressMap = RedisSentinelOptions['nodeAddressMap']

export function mapped(map: NodeAddressMap, address: Address): Address {
  const known = `${address.host}:${address.port}`
  return (typeof map === 'function' ? map(known) : map?.[known]) ?? address
}

/** The options for a client of the server at an address, where there is one. */
export function withAddress(
  options: RedisClientOptions | undefined,
  address: Address | undefined,
  connectTimeout?: number
): RedisClientOptions {
  const socket = {
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...options?.socket,
    ...address
  } as NonNullable<RedisClientOptions['socket']>
  return { ...options, socket }
}
