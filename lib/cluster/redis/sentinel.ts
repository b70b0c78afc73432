import type { RedisClientOptions, RedisSentinelOptions } from '@redis/client'
import { mapped, type NodeAddressMap, withAddress } from './address.js'
import { Asker } from './ask.js'
import type { Placement, Topology } from './topology.js'

/** The master that Redis Sentinels agree on. When they choose another one they end the connections to the last. */
export class SentinelMaster implements Topology {
  readonly #sentinels: Asker
  readonly #name: string
  readonly #options: RedisClientOptions
  readonly #map: NodeAddressMap

  constructor(
    {
      name,
      sentinelRootNodes,
      sentinelClientOptions,
      nodeClientOptions,
      nodeAddressMap
    }: RedisSentinelOptions,
    connectTimeoutMs: number
  ) {
    const sentinels = sentinelRootNodes.map((address) =>
      withAddress(sentinelClientOptions, address, connectTimeoutMs)
    )
    this.#sentinels = new Asker(sentinels, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    this.#name = name
    this.#options = withAddress(nodeClientOptions, undefined, connectTimeoutMs)
    this.#map = nodeAddressMap
  }

  async locate(signal: AbortSignal): Promise<Placement> {
    const address = await this.#sentinels.ask(signal, (reply) => {
      if (!Array.isArray(reply)) throw new Error(`Sentinel knows no master ${this.#name}`)
      return { host: String(reply[0]), port: Number(reply[1]) }
    })
    return { servers: [withAddress(this.#options, mapped(this.#map, address))], serverOf: [0] }
  }
}
