import type { RedisClientOptions, RedisClusterOptions } from '@redis/client'
import { type Address, mapped, withAddress } from './address.js'
import { Asker } from './ask.js'
import { type Names, slotOf } from './names.js'
import type { Placement, Topology } from './topology.js'

/**
 * The servers of a Redis Cluster. Where channels are sharded, each goes to the server that has its slot. Else all go to
 * any one server, which passes them on to all others.
 */
export class RedisCluster implements Topology {
  readonly #roots: Asker
  readonly #options: RedisClientOptions
  readonly #map: RedisClusterOptions['nodeAddressMap']
  readonly #names: Names

  constructor(
    { rootNodes, defaults, nodeAddressMap }: RedisClusterOptions,
    names: Names,
    connectTimeoutMs: number
  ) {
    this.#options = withAddress(defaults, undefined, connectTimeoutMs)
    const roots = rootNodes.map((root) => {
      const socket = { ...this.#options.socket, ...root.socket } as NonNullable<RedisClientOptions['socket']>
      return { ...this.#options, ...root, socket }
    })
    this.#roots = new Asker(roots, ['CLUSTER', 'SLOTS'])
    this.#map = nodeAddressMap
    this.#names = names
  }

  locate(signal: AbortSignal): Promise<Placement> {
    return this.#roots.ask(signal, (reply, root) => {
      if (!this.#names.sharded) return { servers: [root], serverOf: [0] }
      return this.#place(rangesOf(reply, root))
    })
  }

  #place(ranges: readonly Range[]): Placement {
    const servers: RedisClientOptions[] = []
    const known = new Map<string, number>()
    const serverOf = this.#names.heads.map((head) => {
      const slot = slotOf(head.slice(head.lastIndexOf('{') + 1, -1))
      const range = ranges.find(({ first, last }) => first <= slot && slot <= last)
      if (range === undefined) throw new Error(`no server has the slot ${slot}`)
      const { host, port } = mapped(this.#map, range.address)
      const there = known.get(`${host}:${port}`)
      if (there !== undefined) return there
      known.set(`${host}:${port}`, servers.length)
      return servers.push(withAddress(this.#options, { host, port })) - 1
    })
    this.#roots.learn(servers)
    return { servers, serverOf }
  }
}

/** Slots that are neighbours, and the server that has them. */
interface Range {
  readonly first: number
  readonly last: number
  readonly address: Address
}

/** What `CLUSTER SLOTS` says. A server that does not know its own name is where it was asked. */
function rangesOf(reply: unknown, asked: RedisClientOptions): Range[] {
  return (reply as [number, number, [string | null, number]][]).map(([first, last, [host, port]]) => ({
    first,
    last,
    address: { host: host || hostOf(asked), port }
  }))
}

function hostOf({ url, socket }: RedisClientOptions): string {
  if (url !== undefined) return new URL(url).hostname
  return socket !== undefined && 'host' in socket && socket.host !== undefined ? socket.host : 'localhost'
}
