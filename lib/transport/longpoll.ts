import { randomBytes } from 'node:crypto'
import { LongPollSession, type LongPollSettings } from './longpoll-session.js'

export type { LongPollSession } from './longpoll-session.js'
export type { AnswerWatch } from './poll-answer.js'

export interface LongPollSessionsSettings extends LongPollSettings {
  /** Sessions that may be open at once; 0 is no limit. */
  readonly maxSessions: number
  /** Makes a token that nobody can guess. */
  readonly newToken: () => string
}

/** One that means nothing beyond the sessions of its mount, so that it needs no signature. */
export const randomToken = (): string => randomBytes(32).toString('base64url')

/** The sessions of one mount by their tokens. */
export class LongPollSessions {
  readonly #settings: LongPollSessionsSettings
  readonly #sessions = new Map<string, LongPollSession>()

  constructor(settings: LongPollSessionsSettings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Whether there may be no further session. */
  get isFull(): boolean {
    const { maxSessions } = this.#settings
    return maxSessions > 0 && this.size >= maxSessions
  }

  get(token: unknown): LongPollSession | undefined {
    return typeof token === 'string' ? this.#sessions.get(token) : undefined
  }

  /** Starts a session; `onEnd` runs once, when it is over. */
  create(onEnd: () => void): LongPollSession {
    const token = this.#settings.newToken()
    const session = new LongPollSession(token, this.#settings, () => {
      this.#sessions.delete(token)
      onEnd()
    })
    this.#sessions.set(token, session)
    return session
  }
}
