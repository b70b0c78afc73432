import type { ClusterNode } from '../cluster/cluster-node.js'
import { isCount } from '../options.js'
import type { Clock, Timer } from '../time/clock.js'

/** The signal that nodes ask each other with for signs of life. */
const signal = 'places'

/** Milliseconds over `signOfLifeMs` until no place comes of it any more: the way there and back. */
const marginMs = 500

/** Milliseconds in which the sockets that others have are told: one may have closed just before they answered. */
const settleMs = 100

/** The cluster, as places have to do with it. */
export type PlaceNodes = Pick<ClusterNode, 'members' | 'signals' | 'send' | 'clock' | 'isUp'>

/** Whose sockets are meant: a user, among those that are counted together. */
export interface PlaceUser {
  readonly group: string
  readonly id: string
}

/** What is under way until it is stopped. */
interface Stoppable {
  stop(): void
}

/**
 * Has the sockets of a user of this node give a sign of life; undefined where there are none. `over` is called when
 * all have given it, or `closed` of them have not.
 */
type Check = (user: PlaceUser, over: (closed: number) => void) => Stoppable | undefined

interface Asked {
  readonly number: number
  readonly waitedFor: Set<string>
  readonly over: () => void
  timer: Timer
}

/**
 * Asks other nodes to have sockets of a user give a sign of life, and does so for them. Who closed some says nothing: that
 * they are gone is told with all other changes.
 */
export class PlaceAsks {
  readonly #nodes: PlaceNodes
  readonly #clock: Clock
  readonly #check: Check
  readonly #asked = new Map<number, Asked>()
  /** What was asked for by nodes, by node and number. */
  readonly #checks = new Map<string, Map<number, Stoppable>>()
  readonly #ends: (() => unknown)[]
  #count = 0

  constructor(nodes: PlaceNodes, check: Check) {
    this.#nodes = nodes
    this.#clock = nodes.clock
    this.#check = check
    this.#ends = [
      nodes.signals.on(signal, (from, body) => this.#take(from, body)),
      nodes.members.listen({ down: (node) => this.#lost(node) })
    ]
  }

  /** @returns what gives it up: those who were asked close nobody then */
  ask(user: PlaceUser, to: Iterable<string>, signOfLifeMs: number, over: () => void): () => void {
    const number = ++this.#count
    const timer = this.#endIn(number, signOfLifeMs + marginMs)
    const asked: Asked = { number, waitedFor: new Set(to), over, timer }
    this.#asked.set(number, asked)
    for (const node of asked.waitedFor) this.#send(node, { kind: 'ask', number, ...user })
    return () => this.#giveUp(asked)
  }

  close(): void {
    for (const end of this.#ends) end()
    for (const asked of this.#asked.values()) this.#clock.clearTimeout(asked.timer)
    this.#asked.clear()
    for (const node of [...this.#checks.keys()]) this.#stopChecks(node)
  }

  #endIn(number: number, ms: number): Timer {
    const timer = this.#clock.setTimeout(() => {
      const asked = this.#asked.get(number)
      if (asked === undefined) return
      this.#giveUp(asked)
      asked.over()
    }, ms)
    timer.unref()
    return timer
  }

  #giveUp({ number, waitedFor, timer }: Asked): void {
    if (!this.#asked.delete(number)) return
    this.#clock.clearTimeout(timer)
    for (const node of waitedFor) this.#send(node, { kind: 'enough', number })
  }

  /** No place will come of that node. */
  #answered(asked: Asked, node: string): void {
    if (!asked.waitedFor.delete(node) || asked.waitedFor.size > 0) return
    this.#clock.clearTimeout(asked.timer)
    asked.timer = this.#endIn(asked.number, settleMs)
  }

  /** Throws where it is nothing. */
  #take(from: string, body: Uint8Array): void {
    const { kind, number, group, id } = Object(JSON.parse(Buffer.from(body).toString()))
    if (!isCount(number)) throw new TypeError('a number is missing')
    if (kind === 'ask') this.#start(from, number, { group: String(group), id: String(id) })
    else if (kind === 'enough') this.#end(from, number)?.stop()
    else if (kind === 'alive') {
      const asked = this.#asked.get(number)
      if (asked !== undefined) this.#answered(asked, from)
    }
  }

  #start(from: string, number: number, user: PlaceUser): void {
    this.#end(from, number)?.stop()
    const answer = (): void => this.#send(from, { kind: 'alive', number })
    const check = this.#check(user, (closed) => {
      this.#end(from, number)
      if (closed === 0) answer()
    })
    if (check === undefined) return answer()
    const checks = this.#checks.get(from) ?? new Map<number, Stoppable>()
    this.#checks.set(from, checks.set(number, check))
  }

  /** What was asked for is under way no more. */
  #end(from: string, number: number): Stoppable | undefined {
    const checks = this.#checks.get(from)
    const check = checks?.get(number)
    if (checks?.delete(number) && checks.size === 0) this.#checks.delete(from)
    return check
  }

  #lost(node: string): void {
    this.#stopChecks(node)
    for (const asked of this.#asked.values()) this.#answered(asked, node)
  }

  #stopChecks(node: string): void {
    for (const check of this.#checks.get(node)?.values() ?? []) check.stop()
    this.#checks.delete(node)
  }

  #send(to: string, message: object): void {
    this.#nodes.send(signal, Buffer.from(JSON.stringify(message)), to)
  }
}
