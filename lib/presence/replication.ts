import type { ClusterNode } from '../cluster/cluster-node.js'
import { isCount } from '../options.js'
import { type AnswerHead, Answers } from './answers.js'
import { encodeOps, isTooLong, noOp, type Op, type OpsMessage, type ReadOps } from './ops.js'
import { OwnLog } from './own-log.js'
import { RemotePresences } from './remote-presences.js'
import { Replica } from './replica.js'
import type { ReplicationSizes } from './sizes.js'
import { Slices } from './slices.js'
import type { Change, Tracker } from './tracker.js'

/** The signal that all trackers of all nodes speak to each other with. */
export const presenceSignal = 'presence'

/** The cluster, as the replication has to do with it. */
export type PresenceNodes = Pick<ClusterNode, 'members' | 'signals' | 'send' | 'clock' | 'log' | 'isUp'>

export interface ReplicationOptions {
  /** The name of the tracker. */
  readonly name: string
  readonly tracker: Tracker
  readonly nodes: PresenceNodes
  readonly sizes: ReplicationSizes
}

/**
 * One tracker on many nodes: each node writes a log of its own presences, and reads those of the others. Nobody passes
 * on what a third one said.
 */
export class Replication {
  readonly #options: ReplicationOptions
  readonly #own: OwnLog
  readonly #answers: Answers
  readonly #slices: Slices
  readonly #replicas = new Map<string, Replica>()

  constructor(options: ReplicationOptions) {
    this.#options = options
    const { tracker, nodes, sizes } = options
    const { clock, log } = nodes
    this.#slices = new Slices(log, sizes.stepsATurn)
    this.#own = new OwnLog({ clock, sizes, send: (from, ops) => void this.#send({ kind: 'ops', from }, ops) })
    this.#answers = new Answers({
      clock,
      log,
      sizes,
      own: this.#own,
      state: () => tracker.own().filter((tracked) => !isTooLong(tracked)),
      send: (to, head, ops) => this.#send(head, ops, to)
    })
  }

  /** The clock that others have been told: it goes with every heartbeat. */
  get clock(): number {
    return this.#own.sent
  }

  /** A change of this node's own. */
  changed({ joined, left }: Change): void {
    const { name, nodes } = this.#options
    if (joined !== undefined && isTooLong(joined)) {
      nodes.log.error({ presence: name, length: joined.text.length }, 'a meta is too long for other nodes')
      this.#own.add(left === undefined ? noOp : { left: left.meta.phx_ref, joined: undefined })
    } else {
      this.#own.add({ left: left?.meta.phx_ref ?? '', joined })
    }
  }

  /** Asks all others for what they have, and does not wait for their heartbeats. */
  askAll(): void {
    for (const replica of this.#replicas.values()) replica.ask()
  }

  up(node: string): void {
    let replica = this.#replicas.get(node)
    if (replica === undefined) {
      replica = this.#replicaOf(node)
      this.#replicas.set(node, replica)
    }
    replica.up()
  }

  down(node: string): void {
    this.#replicas.get(node)?.down()
    this.#answers.stop(node)
  }

  forgotten(node: string): void {
    this.down(node)
    this.#replicas.delete(node)
  }

  /** A heartbeat of a node told its clock. */
  hear(node: string, clock: unknown): void {
    if (isCount(clock)) this.#replicas.get(node)?.hear(clock as number)
  }

  /** Another node said something. Throws where it is nothing. */
  take(node: string, { head, ops }: OpsMessage): void {
    const { kind, from, id, index, clock } = head as Record<string, number | string>
    if (kind === 'ask') {
      this.#answers.ask(node, number(id), number(clock))
    } else if (kind === 'taken') {
      this.#answers.taken(node, number(id), number(index))
    } else if (kind === 'ops') {
      this.#replicas.get(node)?.takeOps(number(from), this.#readable(node, ops()))
    } else if (kind === 'state') {
      const part = {
        id: number(id),
        index: number(index),
        clock: number(clock),
        isLast: head.isLast === true
      }
      this.#replicas.get(node)?.takeState({ ...part, ops: this.#readable(node, ops()) })
    }
  }

  /** The tracker is this node's alone from now on. */
  close(): void {
    this.#own.close()
    this.#answers.close()
    for (const node of [...this.#replicas.keys()]) this.forgotten(node)
  }

  #replicaOf(node: string): Replica {
    const { tracker, nodes } = this.#options
    return new Replica({
      clock: nodes.clock,
      slices: this.#slices,
      presences: new RemotePresences(tracker),
      ask: (id, clock) => void this.#send({ kind: 'ask', id, clock }, [], node),
      taken: (id, index) => void this.#send({ kind: 'taken', id, index }, [], node)
    })
  }

  /** What cannot be read is passed over, and what comes behind it is not. */
  #readable(node: string, { ops, unreadable }: ReadOps): Op[] {
    const { name, nodes } = this.#options
    if (unreadable > 0) {
      nodes.log.warn({ presence: name, node, unreadable }, 'presences of another node could not be read')
    }
    return ops
  }

  #send(head: AnswerHead | AskHead, ops: readonly Op[], to?: string): boolean {
    const { name, nodes } = this.#options
    return nodes.send(presenceSignal, encodeOps({ tracker: name, ...head }, ops), to)
  }
}

type AskHead =
  | { readonly kind: 'ask'; readonly id: number; readonly clock: number }
  | { readonly kind: 'taken'; readonly id: number; readonly index: number }

function number(value: unknown): number {
  if (!isCount(value)) throw new TypeError('a number is missing')
  return value as number
}
