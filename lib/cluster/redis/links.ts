import type { Command } from './claims.js'
import { Link, type LinkOptions } from './link.js'
import type { Names } from './names.js'
import type { StreamServer } from './stream-history.js'
import type { Placement, Topology } from './topology.js'

/** Milliseconds between two looks whether slots of a Redis Cluster are where they were: not all that move say so. */
const lookMs = 10_000

/** The links to all servers that carry a cluster; the end of one is the end of all. */
export class Links {
  /** Resolves when one of them is over, with what ended it. */
  readonly ended: Promise<Error>
  readonly #links: readonly Link[]
  readonly #names: Names
  /** For each head of names, its link. */
  readonly #linkOf: readonly Link[]

  private constructor(links: readonly Link[], linkOf: readonly Link[], names: Names) {
    this.ended = Promise.race(links.map((link) => link.ended))
    this.#links = links
    this.#linkOf = linkOf
    this.#names = names
  }

  /** Finds the servers and connects. Rejects with what went wrong, or with why the attempt was given up. */
  static async open(topology: Topology, attempt: AbortController, options: LinkOptions): Promise<Links> {
    const { signal } = attempt
    const placement = await topology.locate(signal)
    const { servers, serverOf } = placement
    const { heads } = options.names
    const opening = servers.map((server, i) =>
      Link.open(server, heads[serverOf.indexOf(i)] ?? '', signal, options)
    )
    try {
      const links = await Promise.all(opening)
      const linkOf = serverOf.map((server) => links[server] as Link)
      const opened = new Links(links, linkOf, options.names)
      if (options.names.sharded) opened.#watch(topology, placement)
      return opened
    } catch (err) {
      attempt.abort(err)
      for (const each of await Promise.allSettled(opening))
        if (each.status === 'fulfilled') await each.value.end(err as Error, 0)
      throw err
    }
  }

  publish(channel: string, bytes: Uint8Array): boolean {
    const head = this.#names.headOf(channel)
    const name = `${this.#names.heads[head]}${channel}`
    return this.#linkOf[head]?.publisher.publish(name, bytes) ?? false
  }

  /** Has a command done by the server that has the names of a head. */
  ask(head: number, command: Command): Promise<unknown> | undefined {
    return this.#linkOf[head]?.publisher.ask(command)
  }

  /** The server that keeps the messages of a channel. */
  serverOf(channel: string): StreamServer {
    const index = this.#names.headOf(channel)
    const { publisher } = this.#linkOf[index] as Link
    const { heads, sharded } = this.#names
    return {
      head: heads[index] as string,
      sharded,
      run: (script, keys, args) => publisher.run(script, keys, args)
    }
  }

  /** One command for all channels of a head: a Redis Cluster takes no more. */
  async subscribe(channels: readonly string[]): Promise<void> {
    const asked = this.#byHead(channels).map(([link, names]) => link.subscriber.subscribe(names))
    await Promise.all(asked)
  }

  unsubscribe(channels: readonly string[]): void {
    for (const [link, names] of this.#byHead(channels)) link.subscriber.unsubscribe(names)
  }

  /** Ends all when what waits has been sent; after `graceMs` in any case. */
  async end(problem: Error, graceMs: number): Promise<void> {
    await Promise.all(this.#links.map((link) => link.end(problem, graceMs)))
  }

  /** What has moved has to be found anew, with all connections. */
  #watch(topology: Topology, known: Placement): void {
    const before = JSON.stringify(known.serverOf.map((server) => known.servers[server]?.socket))
    const timer = setInterval(async () => {
      const placement = await topology.locate(AbortSignal.timeout(lookMs)).catch(() => known)
      const now = JSON.stringify(placement.serverOf.map((server) => placement.servers[server]?.socket))
      if (now !== before) for (const link of this.#links) link.subscriber.end(new Error('slots have moved'))
    }, lookMs)
    timer.unref()
    void this.ended.then(() => clearInterval(timer))
  }

  #byHead(channels: readonly string[]): [Link, string[]][] {
    const byHead = new Map<number, [Link, string[]]>()
    for (const channel of channels) {
      const head = this.#names.headOf(channel)
      const name = `${this.#names.heads[head]}${channel}`
      const there = byHead.get(head)
      if (there === undefined) byHead.set(head, [this.#linkOf[head] as Link, [name]])
      else there[1].push(name)
    }
    return [...byHead.values()]
  }
}
