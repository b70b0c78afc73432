import { setTimeout as pause } from 'node:timers/promises'
import { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'

/** Presences of one prefix, numbered from 0. */
export interface Fill {
  readonly topic: string
  readonly prefix: string
  readonly count: number
}

export interface Seen extends Fill {
  readonly version: number
}

/** What a measured node is told to do, and over what. */
export interface Orders {
  readonly publish: { readonly topic: string; readonly count: number; readonly text: string }
  readonly fill: Fill
  readonly update: Seen
  readonly seen: Seen
  readonly age: object
}

const lookMs = 10

/** A client that tells a measured node what to do. Presences that it has filled leave with it. */
export class Commander {
  readonly #connection: PhoenixConnection

  private constructor(connection: PhoenixConnection) {
    this.#connection = connection
  }

  static async open(url: string): Promise<Commander> {
    const connection = await PhoenixConnection.open(`${url}/bench`, { user_id: 'commander' })
    await connection.join('order')
    return new Commander(connection)
  }

  /** Resolves when it is done, with what the node answers. */
  async order<Name extends keyof Orders>(
    name: Name,
    order: Orders[Name]
  ): Promise<Readonly<Record<string, unknown>>> {
    const { status, response } = await this.#connection.request('order', name, JSON.stringify(order))
    if (status !== 'ok') throw new Error(`a node was told to ${name}: ${status} ${JSON.stringify(response)}`)
    return response
  }

  /** Has the node send a payload, JSON text, to `room:bench`; nobody waits for it. */
  shout(payload: string): void {
    this.#connection.push('order', 'shout', payload)
  }

  /** Resolves when the node sees all of them, and looks again and again; rejects after `limitMs`. */
  async untilSeen(seen: Seen, limitMs: number): Promise<void> {
    const began = performance.now()
    while ((await this.order('seen', seen)).seen !== true) {
      if (performance.now() - began > limitMs) throw new Error(`${seen.count} ${seen.prefix} are not seen`)
      await pause(lookMs)
    }
  }

  ping(): void {
    this.#connection.ping()
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
