import type { SessionChannel } from '../channel/session.js'
import { guard, type OnFailure } from '../guard.js'
import { Deadline } from '../time/deadline.js'

/** The client is told so many milliseconds before its token ends. */
const warningMs = 60_000

/** Pushes `token_expiring` to a channel a minute before the token of its socket ends. */
export class TokenWarning {
  readonly #channel: SessionChannel
  readonly #crash: OnFailure
  #deadline: Deadline | undefined

  constructor(channel: SessionChannel, crash: OnFailure) {
    this.#channel = channel
    this.#crash = crash
  }

  /** Looks anew when the token ends. */
  watch(): void {
    const { expiresAt, clock } = this.#channel.socket
    this.#deadline ??= new Deadline(
      clock,
      guard(this.#channel.log, 'a push to the user channel failed', () => this.#warn(), this.#crash)
    )
    this.#deadline.at = expiresAt === undefined ? undefined : expiresAt - warningMs
  }

  stop(): void {
    if (this.#deadline !== undefined) this.#deadline.at = undefined
  }

  #warn(): void {
    const { expiresAt, clock } = this.#channel.socket
    if (expiresAt === undefined) return
    const seconds = Math.max(0, Math.round((expiresAt - clock.date()) / 1000))
    this.#channel.push('token_expiring', { expires_in: seconds })
  }
}
