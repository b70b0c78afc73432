import type { Clock, Timer } from '../../time/clock.js'
import type { ByteBudget } from '../byte-budget.js'
import type { LongPollSession, LongPollSessions } from '../longpoll.js'
import { type LongPollPosts, statuses } from '../longpoll-posts.js'
import type { PollAnswer } from '../poll-answer.js'
import type { PollTurns } from '../poll-turns.js'
import {
  type PollAsked,
  type PostAsked,
  type RelayNode,
  type RequestName,
  type ToAsked,
  type ToOwner,
  takenMs
} from './message.js'
import { Parcels } from './parcels.js'
import { RelayedWatch } from './relayed-watch.js'

/** One mount of this node, with what its sessions are served by. */
export interface RelayedMount {
  /** Where it is served: the same on all nodes. */
  readonly path: string
  readonly windowMs: number
  readonly sessions: LongPollSessions
  readonly posts: LongPollPosts
  readonly polls: PollTurns
  readonly budget: ByteBudget
  /** Bytes of the body of a POST. */
  readonly bodyBytes: number
}

/** What is relayed for one session. */
interface Relayed {
  /** The poll that waits. */
  poll?: { readonly node: string; readonly id: number; hasBegun: boolean; isAbandoned: boolean } | undefined
  /** The answer that went out last. */
  watch?: RelayedWatch
}

/** Serves the sessions of this node to those that were asked in its place. */
export class RelayOwner {
  readonly #node: RelayNode
  readonly #clock: Clock
  readonly #mounts: ReadonlyMap<string, RelayedMount>
  readonly #relayed = new WeakMap<LongPollSession, Relayed>()
  readonly bodies: Parcels
  readonly answers: Parcels

  constructor(node: RelayNode, clock: Clock, mounts: ReadonlyMap<string, RelayedMount>) {
    this.#node = node
    this.#clock = clock
    this.#mounts = mounts
    this.bodies = new Parcels('body', clock, (to, message, bytes) => node.tell(to, message, bytes))
    this.answers = new Parcels('answer', clock, (to, message, bytes) => node.tell(to, message, bytes))
  }

  take(from: string, message: ToOwner, bytes: Buffer): unknown {
    const { is, id } = message
    const mount = this.#mounts.get(message.path)
    const session = mount?.sessions.get(message.token)
    if (mount === undefined || session === undefined) {
      return is === 'poll' || is === 'post' ? this.#tell(from, { is: 'gone', id }) : undefined
    }
    if (is === 'poll') return this.#poll(from, message, session, mount.polls)
    if (is === 'post') return this.#post(from, message, bytes, { mount, session })
    const relayed = this.#of(session)
    if (is === 'abandon') return this.#abandon(from, id, session, relayed)
    const { watch } = relayed
    if (watch?.node !== from || watch.id !== id) return undefined
    if (is === 'moved') return watch.moved()
    if (is === 'verdict') watch.decide(message.isLost)
    else watch.over(message.isLost)
    this.answers.drop(from, id)
    return session.answerOver()
  }

  /** Nothing more comes of a node. */
  lost(node: string): void {
    this.bodies.lost(node)
  }

  close(): void {
    this.bodies.close()
    this.answers.close()
  }

  async #poll(
    from: string,
    { id, path, token, credit, last }: PollAsked,
    session: LongPollSession,
    polls: PollTurns
  ) {
    this.#tell(from, { is: 'taken', id })
    const relayed = this.#of(session)
    const { watch } = relayed
    if (watch?.node === from) {
      if (last?.id === watch.id) watch.decide(last.isLost)
      else watch.close()
    }
    const poll = { node: from, id, hasBegun: false, isAbandoned: false }
    relayed.poll = poll
    const turn = polls.enter(session)
    const isNewest = turn === undefined || (await turn)
    if (poll.isAbandoned) return
    if (!isNewest) return this.#answer(from, id, [], credit)
    poll.hasBegun = true
    const next = new RelayedWatch(from, id, this.#clock, () => this.#ask(from, { id, path, token }))
    const messages = await session.poll(next)
    if (relayed.poll === poll) relayed.poll = undefined
    if (messages.length > 0) relayed.watch = next
    this.#answer(from, id, messages, credit)
  }

  #answer(to: string, id: number, messages: PollAnswer, credit: number): void {
    if (messages.length === 0) return this.#tell(to, { is: 'answer', id, size: 0 })
    const bytes = Buffer.from(JSON.stringify(messages))
    const size = bytes.length
    if (size <= credit) return this.#tell(to, { is: 'answer', id, size }, bytes)
    this.answers.offer(to, id, bytes)
    this.#tell(to, { is: 'answer', id, size })
  }

  #abandon(from: string, id: number, session: LongPollSession, { poll, watch }: Relayed): void {
    if (watch?.node === from && watch.id === id) watch.decide(true)
    if (poll?.node !== from || poll.id !== id) return
    poll.isAbandoned = true
    if (poll.hasBegun) session.abandonPoll()
  }

  async #post(
    from: string,
    { id, size, type }: PostAsked,
    bytes: Buffer,
    { mount, session }: { mount: RelayedMount; session: LongPollSession }
  ) {
    const { posts, budget, bodyBytes } = mount
    if (bodyBytes > 0 && size > bodyBytes)
      return this.#tell(from, { is: 'status', id, status: 413, ends: true })
    // What has come with it waits here for its turn; what is fetched is taken for then.
    const here = bytes.length
    if (!budget.take(here)) return this.#tell(from, { is: 'status', id, status: 503, ends: true })
    const stop = this.#sayTaken(from, id)
    try {
      const body = Buffer.from(bytes)
      const status = (await posts.enter(session.token))
        ? await this.#inTurn(from, { id, size, type }, body, { mount, session })
        : statuses.timeout
      this.#tell(from, { is: 'status', id, status, ...(status === 503 && { ends: true }) })
    } finally {
      stop()
      budget.give(here)
    }
  }

  async #inTurn(
    from: string,
    { id, size, type }: Pick<PostAsked, 'id' | 'size' | 'type'>,
    here: Buffer,
    { mount: { posts, budget }, session }: { mount: RelayedMount; session: LongPollSession }
  ): Promise<number> {
    const missing = size - here.length
    try {
      if (!budget.take(missing)) return 503
      try {
        const body = missing === 0 ? here : await this.bodies.fetch(from, id, size)
        return body === undefined ? statuses.timeout : await posts.receive(session, body, type)
      } finally {
        budget.give(missing)
      }
    } finally {
      posts.leave(session.token)
    }
  }

  /** Says that a request has come, and that it is still worked on, until the result is called. */
  #sayTaken(to: string, id: number): () => void {
    let timer: Timer | undefined
    const say = (): void => {
      this.#tell(to, { is: 'taken', id })
      timer = this.#clock.setTimeout(say, takenMs)
    }
    say()
    return () => timer !== undefined && this.#clock.clearTimeout(timer)
  }

  #ask(node: string, name: RequestName): boolean {
    if (!this.#node.isUp(node)) return false
    this.#tell(node, { is: 'ask', ...name })
    return true
  }

  #of(session: LongPollSession): Relayed {
    const relayed = this.#relayed.get(session) ?? {}
    this.#relayed.set(session, relayed)
    return relayed
  }

  #tell(to: string, message: ToAsked, bytes?: Uint8Array): void {
    this.#node.tell(to, message, bytes)
  }
}
