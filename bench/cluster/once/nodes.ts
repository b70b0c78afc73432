import { setTimeout as pause } from 'node:timers/promises'
import { PhoenixConnection } from '../../../lib/load/clients/phoenix-connection.js'
import type { ServerProcess } from '../../lib/server-process.js'
import { type Carrier, type CarrierName, type NodeOptions, startCarrier, startNode } from '../carrier.js'
import { Commander } from '../orders.js'

/** A node with somebody who tells it what to do. */
export interface Node {
  readonly server: ServerProcess
  readonly commander: Commander
}

/** Nodes that have found each other, for as long as something is measured of them. */
export class Nodes {
  readonly carrier: Carrier
  readonly #ends: (() => unknown)[] = []

  private constructor(carrier: Carrier) {
    this.carrier = carrier
  }

  /** Starts an engine, and ends all that was started when the task is done. */
  static async with<T>(name: CarrierName, task: (nodes: Nodes) => Promise<T>): Promise<T> {
    const nodes = new Nodes(await startCarrier(name))
    try {
      return await task(nodes)
    } finally {
      for (const end of nodes.#ends.reverse()) await end()
      await nodes.carrier.end()
    }
  }

  /** What is to be ended before that which was started ahead of it. */
  endsWith(end: () => unknown): void {
    this.#ends.push(end)
  }

  async add(options?: NodeOptions): Promise<Node> {
    const server = await startNode(this.carrier, options)
    this.endsWith(() => server.kill())
    const commander = await Commander.open(server.url)
    this.endsWith(() => commander.close())
    return { server, commander }
  }

  /** A member of a topic on a node. */
  async member({ server }: Node, topic: string): Promise<PhoenixConnection> {
    const member = await PhoenixConnection.open(`${server.url}/bench`, { user_id: 'member' })
    this.endsWith(() => member.close())
    await member.join(topic)
    return member
  }
}

/** CPU time of servers in so many milliseconds, in percent of a core, each. */
export async function loadOf(servers: readonly ServerProcess[], ms: number): Promise<number[]> {
  const before = await Promise.all(servers.map((server) => server.usage()))
  const start = performance.now()
  await pause(ms)
  const after = await Promise.all(servers.map((server) => server.usage()))
  const us = (performance.now() - start) * 1000
  return after.map(({ cpuUs }, i) => ((cpuUs - (before[i]?.cpuUs ?? 0)) / us) * 100)
}
