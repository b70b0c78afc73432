import type { LongPollSession } from './longpoll.js'

/** The polls of sessions, from their arrival until they may wait for messages: of each session the newest alone does. */
export class PollTurns {
  readonly #newest = new WeakMap<LongPollSession, object>()

  /**
   * Resolves when it is known what became of the answer before, to whether this is still the newest poll; undefined
   * where that is known already.
   */
  enter(session: LongPollSession): Promise<boolean> | undefined {
    const turn = {}
    this.#newest.set(session, turn)
    return session.undecided?.then(() => this.#newest.get(session) === turn)
  }
}
