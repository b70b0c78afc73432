import type { Clock } from '../time/clock.js'

/** Own heartbeats heard in a row without one of another node, until it is down, and until it is forgotten. */
const downAfter = 5
const forgottenAfter = 60

/** Own heartbeats that come together are one: they tell of a jam that has ended, and not of the silence of others. */
const minBeatMs = 500

/** How another node went: it said goodbye, its process was seen to end, or nothing is heard of it. */
export type MemberEnd = 'bye' | 'gone' | 'silent'

/** Is told of other nodes. */
export interface MemberListener {
  /** A node is there: for the first time, or again after it was down. */
  up?(node: string): void
  /** A node is not there any more. It may come back where it was `silent` alone. */
  down?(node: string, why: MemberEnd): void
  /** A node will not be heard again: nothing of it has to be kept. */
  forgotten?(node: string): void
}

/** What a room tells of this node with each heartbeat, and what it does with that of others; it is sent as JSON. */
export interface Fact {
  tell(): unknown
  heard(node: string, value: unknown): void
}

interface Member {
  isUp: boolean
  missed: number
}

export interface MembersOptions {
  readonly clock: Clock
  /** Sends the body of a heartbeat to one node, or to all. */
  send(body: Uint8Array, to?: string): void
}

/**
 * Which other nodes there are. A node is down when this one hears its own heartbeats and not those of the other:
 * whoever hears nothing, as its engine has failed or its process stood still, gives no verdict on others.
 */
export class Members {
  readonly #options: MembersOptions
  readonly #members = new Map<string, Member>()
  /** Nodes that have ended for good, and the own heartbeats for which that is still to be known. */
  readonly #ended = new Map<string, number>()
  readonly #listeners = new Set<MemberListener>()
  readonly #facts = new Map<string, Fact>()
  #lastBeat = Number.NEGATIVE_INFINITY
  #beats = 0

  constructor(options: MembersOptions) {
    this.#options = options
  }

  /** The other nodes that are there. */
  names(): string[] {
    return [...this.#members].filter(([, { isUp }]) => isUp).map(([name]) => name)
  }

  isUp(node: string): boolean {
    return this.#members.get(node)?.isUp === true
  }

  /** Own heartbeats that have come back: only while they do is anything known of others. */
  get beats(): number {
    return this.#beats
  }

  /** Whether a node is there; undefined of one that was never heard, or is forgotten. */
  isAlive(node: string): boolean | undefined {
    return this.#ended.has(node) ? false : this.#members.get(node)?.isUp
  }

  /** Is told of those that come and go from now on, and of those that are there at once. */
  listen(listener: MemberListener): () => void {
    this.#listeners.add(listener)
    for (const name of this.names()) listener.up?.(name)
    return () => this.#listeners.delete(listener)
  }

  /** Tells a fact with each heartbeat, until the result is called. */
  tell(name: string, fact: Fact): () => void {
    this.#facts.set(name, fact)
    return () => this.#facts.delete(name)
  }

  /** Says that this node is there, to one other or to all. @param asks whether they are to say so as well */
  beat(asks = false, to?: string): void {
    const facts: Record<string, unknown> = {}
    for (const [name, fact] of this.#facts) facts[name] = fact.tell()
    this.#options.send(Buffer.from(JSON.stringify({ asks, facts })), to)
  }

  /** This node's own heartbeat to all has come back: time passes for the others. */
  echo(): void {
    const now = this.#options.clock.now()
    if (now - this.#lastBeat < minBeatMs) return
    this.#lastBeat = now
    this.#beats++
    for (const [name, member] of this.#members) {
      member.missed++
      if (member.missed >= forgottenAfter) this.#forget(name)
      else if (member.missed >= downAfter && member.isUp) {
        member.isUp = false
        this.#each((listener) => listener.down?.(name, 'silent'))
      }
    }
    for (const [name, beats] of this.#ended) {
      if (beats > 0) this.#ended.set(name, beats - 1)
      else this.#ended.delete(name)
    }
  }

  /** A heartbeat of another node came. */
  heard(node: string, body: Uint8Array): void {
    if (this.#ended.has(node)) return
    const said = parse(body)
    const member = this.#members.get(node)
    const wasUp = member?.isUp === true
    this.#members.set(node, { isUp: true, missed: 0 })
    if (!wasUp) this.#each((listener) => listener.up?.(node))
    for (const [name, fact] of this.#facts) {
      if (Object.hasOwn(said.facts, name)) fact.heard(node, said.facts[name])
    }
    if (said.asks) this.beat(false, node)
  }

  /** A node has ended for good. */
  ended(node: string, why: 'bye' | 'gone'): void {
    if (this.#ended.has(node)) return
    this.#ended.set(node, forgottenAfter)
    const wasUp = this.isUp(node)
    if (wasUp) this.#each((listener) => listener.down?.(node, why))
    this.#forget(node)
  }

  #forget(node: string): void {
    if (this.#members.delete(node)) this.#each((listener) => listener.forgotten?.(node))
  }

  #each(call: (listener: MemberListener) => void): void {
    for (const listener of this.#listeners) call(listener)
  }
}

/** Throws where it is no heartbeat. */
function parse(body: Uint8Array): { asks: boolean; facts: Record<string, unknown> } {
  const { asks, facts } = Object(JSON.parse(Buffer.from(body).toString()))
  return { asks: asks === true, facts: Object(facts) }
}
