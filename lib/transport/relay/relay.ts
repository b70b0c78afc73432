// The room of the relay: requests of long-poll clients that came to another node than the one that holds their session.
import { randomBytes } from 'node:crypto'
import type { ClusterNode } from '../../cluster/cluster-node.js'
import type { Clock } from '../../time/clock.js'
import type { Logger } from '../../util/logger.js'
import { minSecretBytes } from '../session-token.js'
import { RelayAsker } from './asker.js'
import { decodeRelayMessage, encodeRelayMessage, type RelayNode } from './message.js'
import { type RelayedMount, RelayOwner } from './owner.js'

export type { RelayedClient } from './answered.js'
export type { PollOutcome, PostOutcome, RelayedSession } from './asker.js'
export type { RelayedMount } from './owner.js'

/** The signal that all of it is said by. */
const signal = 'longpoll'

/** The other nodes, as the relay has to do with them. */
export type RelayedNodes = Pick<ClusterNode, 'name' | 'members' | 'signals' | 'send'>

/** Relays the requests of one server: those of its clients to other nodes, and those of others to its sessions. */
export class LongPollRelay {
  /** The name of this node. */
  readonly node: string
  /** Asks other nodes. */
  readonly asker: RelayAsker
  readonly #nodes: RelayedNodes
  readonly #owner: RelayOwner
  readonly #mounts = new Map<string, RelayedMount>()
  readonly #log: Logger
  #ownSecret: Buffer | undefined

  constructor(nodes: RelayedNodes, clock: Clock, log: Logger) {
    this.#log = log
    this.node = nodes.name
    this.#nodes = nodes
    const own: RelayNode = {
      isUp: (node) => nodes.members.isUp(node),
      tell: (to, message, bytes) => nodes.send(signal, encodeRelayMessage(message, bytes), to)
    }
    this.asker = new RelayAsker(own, clock)
    this.#owner = new RelayOwner(own, clock, this.#mounts)
    nodes.signals.on(signal, (from, body) => this.#take(from, body))
    nodes.members.listen({
      down: (node, why) => {
        this.asker.lost(node, why === 'bye')
        this.#owner.lost(node)
      }
    })
  }

  /** A secret of this node alone, for mounts that have none: its sessions are gone where another node is asked. */
  get ownSecret(): Buffer {
    if (this.#ownSecret === undefined) {
      const fields = { option: 'longpoll.secret' }
      this.#log.warn(fields, 'without a secret that all nodes share, long-poll sessions need sticky sessions')
    }
    this.#ownSecret ??= randomBytes(minSecretBytes)
    return this.#ownSecret
  }

  /** Serves the sessions of a mount to other nodes, too. */
  add(mount: RelayedMount): void {
    this.#mounts.set(mount.path, mount)
  }

  /** Whether a node can be asked. */
  reaches(node: string): boolean {
    return node !== this.node && this.#nodes.members.isUp(node)
  }

  /** What is asked of other nodes ends, as this node goes. */
  end(): void {
    this.asker.end()
  }

  close(): void {
    this.asker.close()
    this.#owner.close()
  }

  /** What a newer version says is passed over where this one does not know it. */
  #take(from: string, body: Uint8Array): unknown {
    const { message, bytes } = decodeRelayMessage(body)
    switch (message.is) {
      case 'poll':
      case 'post':
      case 'abandon':
      case 'moved':
      case 'over':
      case 'verdict':
        return this.#owner.take(from, message, bytes)
      case 'taken':
      case 'gone':
      case 'answer':
      case 'status':
      case 'ask':
        return this.asker.take(from, message, bytes)
      case 'pull':
      case 'piece':
        return this.#parcels(message.is, message.of).take(from, message, bytes)
    }
  }

  /** A body is with the node that was asked, an answer with the one that holds the session. */
  #parcels(is: 'pull' | 'piece', of: 'body' | 'answer'): RelayAsker['bodies'] {
    const side = (of === 'body') === (is === 'pull') ? this.asker : this.#owner
    return of === 'body' ? side.bodies : side.answers
  }
}
