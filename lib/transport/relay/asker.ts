import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../time/clock.js'
import type { ByteBudget } from '../byte-budget.js'
import { statuses } from '../longpoll-posts.js'
import { Answers, type RelayedClient } from './answered.js'
import { Asked, type Outcome } from './asked.js'
import {
  type PollAsked,
  type RelayNode,
  type RequestName,
  type ToAsked,
  type ToOwner,
  takenMs
} from './message.js'
import { Parcels, pieceBytes } from './parcels.js'

/** Bytes of a body or of an answer that come with their message; more is fetched. */
const inlineBytes = pieceBytes / 4

/** Milliseconds that an answer waits for room here. */
const roomMs = 2_000

/** Milliseconds that a node may be late. */
const lateMs = 3_000

/** A session that another node holds, as its client has named it. */
export interface RelayedSession {
  readonly node: string
  readonly path: string
  readonly token: string
  readonly windowMs: number
  /** For the bytes that are here on their way. */
  readonly budget: ByteBudget
}

/** The messages as JSON, or that there are none, or that there is no such session any more. */
export type PollOutcome = string | 'none' | 'gone'

/** The status, and whether it is that of HTTP too, behind which the connection ends. */
export interface PostOutcome {
  readonly status: number
  readonly ends: boolean
}

/** Hands requests of clients to the nodes that hold their sessions. */
export class RelayAsker {
  readonly bodies: Parcels
  readonly answers: Parcels
  readonly #node: RelayNode
  readonly #clock: Clock
  readonly #asked = new Map<number, Asked>()
  readonly #answered: Answers
  #count = 0
  #isEnding = false

  constructor(node: RelayNode, clock: Clock) {
    this.#node = node
    this.#clock = clock
    this.bodies = new Parcels('body', clock, (to, message, bytes) => node.tell(to, message, bytes))
    this.answers = new Parcels('answer', clock, (to, message, bytes) => node.tell(to, message, bytes))
    this.#answered = new Answers(clock, {
      moved: ({ node, id, path, token }) => this.#tell(node, { is: 'moved', id, path, token }),
      over: ({ node, id, path, token, client }) =>
        this.#tell(node, { is: 'over', id, path, token, isLost: client.watch.isLost() })
    })
  }

  /** Requests that wait for their nodes. */
  get size(): number {
    return this.#asked.size
  }

  /** The answer has to be written to the client in the same turn. */
  async poll(session: RelayedSession, client: RelayedClient): Promise<PollOutcome> {
    const { token, budget } = session
    const last = this.#answered.takeLast(token)
    const outcome = await this.#poll(session, client, { credit: inlineBytes, last })
    if (outcome.is !== 'answer' || outcome.bytes.length === 0 || budget.take(outcome.size)) {
      return this.#polled(session, client, outcome)
    }
    // There is no room for it: it comes when there is.
    const again = { id: outcome.id, isLost: true }
    return this.#polled(session, client, await this.#poll(session, client, { credit: 0, last: again }))
  }

  /** Hands a body over, which is kept until it was worked off. */
  async post(session: RelayedSession, body: Buffer, type: string | undefined): Promise<PostOutcome> {
    const { node, path, token } = session
    const size = body.length
    const isInline = size <= inlineBytes
    const { id, asked } = this.#begin({ node, is: 'post', silenceMs: takenMs + lateMs })
    if (!isInline) this.bodies.offer(node, id, body)
    this.#ask(asked, { is: 'post', id, path, token, size, type }, isInline ? body : undefined)
    const outcome = await asked.outcome
    this.bodies.drop(node, id)
    if (outcome.is === 'status') return outcome
    const status = outcome.is === 'gone' ? statuses.gone : statuses.timeout
    return { status, ends: false }
  }

  take(from: string, message: ToAsked, bytes: Buffer): void {
    const { is, id } = message
    if (is === 'ask') return this.#sayVerdict(from, message)
    const asked = this.#asked.get(id)
    if (asked?.node !== from) return
    if (is === 'taken') asked.taken()
    else if (is === 'gone') asked.settle({ is })
    else if (is === 'answer') asked.settle({ is, size: message.size, bytes: Buffer.from(bytes) })
    else if (is === 'status') asked.settle({ is, status: message.status, ends: message.ends === true })
  }

  /** A node is not there any more. */
  lost(node: string, hasSaidGoodbye: boolean): void {
    for (const asked of [...this.#asked.values()]) if (asked.node === node) asked.lost(hasSaidGoodbye)
    if (hasSaidGoodbye) return
    this.answers.lost(node)
    this.bodies.lost(node)
  }

  /** Ends the polls that wait, as this node goes: their clients poll again, elsewhere. */
  end(): void {
    this.#isEnding = true
    for (const asked of [...this.#asked.values()]) if (asked.is === 'poll') asked.settle({ is: 'ended' })
  }

  close(): void {
    this.#isEnding = true
    for (const asked of [...this.#asked.values()]) asked.settle({ is: 'ended' })
    this.#answered.close()
    this.bodies.close()
    this.answers.close()
  }

  async #poll(
    { node, path, token, windowMs }: RelayedSession,
    client: RelayedClient,
    { credit, last }: Pick<PollAsked, 'credit' | 'last'>
  ): Promise<Outcome & { id: number }> {
    const { id, asked } = this.#begin({ node, is: 'poll', silenceMs: windowMs + lateMs })
    const abandon = client.onClose(() => asked.settle({ is: 'ended' }))
    this.#ask(asked, { is: 'poll', id, path, token, credit, last })
    if (client.isGone) asked.settle({ is: 'ended' })
    const outcome = await asked.outcome
    abandon()
    if (outcome.is === 'ended') this.#tell(node, { is: 'abandon', id, path, token })
    return { ...outcome, id }
  }

  async #polled(
    session: RelayedSession,
    client: RelayedClient,
    outcome: Outcome & { id: number }
  ): Promise<PollOutcome> {
    const { node, path, token, windowMs, budget } = session
    const { id } = outcome
    if (outcome.is === 'gone') return 'gone'
    if (outcome.is !== 'answer' || outcome.size === 0) return 'none'
    const { size } = outcome
    const isHere = outcome.bytes.length > 0
    const hasRoom = isHere || (await budget.wait(size, roomMs))
    const bytes = isHere || !hasRoom ? outcome.bytes : await this.answers.fetch(node, id, size)
    // Another turn or two of the event loop, so that it is known when the client has gone by now.
    await nextTurn()
    await nextTurn()
    if (bytes === undefined || bytes.length === 0 || client.isGone) {
      if (hasRoom) budget.give(size)
      this.#tell(node, { is: 'verdict', id, path, token, isLost: true })
      return 'none'
    }
    this.#answered.add({ node, id, path, token, client, windowMs }, () => budget.give(size))
    return bytes.toString()
  }

  #begin(request: ConstructorParameters<typeof Asked>[0]): { id: number; asked: Asked } {
    const id = ++this.#count
    const asked = new Asked(request, this.#clock, () => this.#asked.delete(id))
    this.#asked.set(id, asked)
    return { id, asked }
  }

  #ask(asked: Asked, message: ToOwner, bytes?: Uint8Array): void {
    if (this.#isEnding && asked.is === 'poll') asked.settle({ is: 'ended' })
    else if (!this.#node.isUp(asked.node) || !this.#tell(asked.node, message, bytes)) {
      asked.settle({ is: 'gone' })
    }
  }

  #sayVerdict(to: string, { id, path, token }: RequestName): void {
    const last = this.#answered.takeLast(token)
    const isLost = last?.id !== id || last.isLost
    this.#tell(to, { is: 'verdict', id, path, token, isLost })
  }

  #tell(to: string, message: ToOwner, bytes?: Uint8Array): boolean {
    return this.#node.tell(to, message, bytes)
  }
}
