import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../time/clock.js'
import type { LongPollSession, LongPollSessions } from './longpoll.js'
import { splitBody } from './longpoll-body.js'
import { OneAtATime } from './one-at-a-time.js'

/** Statuses that the client acts on; HTTP itself says 200 (phoenix.js, `longpoll.js`). */
export const statuses = { ok: 200, noContent: 204, forbidden: 403, timeout: 408, gone: 410 } as const

/** Messages of one POST that are worked off before others have their turn: as many as phoenix.js puts in one. */
const turnMessages = 100

/** The POSTs of the sessions of one mount: one of each session at a time, in the order in which they came. */
export class LongPollPosts {
  readonly #sessions: LongPollSessions
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #turns = new Map<string, OneAtATime>()

  constructor(sessions: LongPollSessions, clock: Clock, windowMs: number) {
    this.#sessions = sessions
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** Resolves to whether it is the turn of a POST, within the window; who was let in leaves. */
  enter(token: string): Promise<boolean> | boolean {
    const turns = this.#turns.get(token) ?? new OneAtATime(this.#clock, this.#windowMs)
    this.#turns.set(token, turns)
    return turns.enter()
  }

  leave(token: string): void {
    const turns = this.#turns.get(token)
    turns?.leave()
    if (turns?.isIdle) this.#turns.delete(token)
  }

  /** Hands over what was posted; resolves to the status of the answer. */
  async receive(session: LongPollSession, body: Buffer, contentType: string | undefined): Promise<number> {
    let inTurn = 0
    for (const { data, isBinary } of splitBody(body.length === 0 ? undefined : body, contentType)) {
      if (inTurn++ === turnMessages) {
        inTurn = 1
        await nextTurn()
      }
      if (await session.receive(data, isBinary)) continue
      return this.#sessions.get(session.token) === undefined ? statuses.gone : statuses.timeout
    }
    return statuses.ok
  }
}
