import { AuthResultInvalid } from '../errors.js'
import type { TokenProblem } from '../mount/token-problem.js'
import { describe, disown } from '../util/describe.js'
import { isThenable } from '../util/thenable.js'
import { demand, demandOptions } from './option-checks.js'
import { createPhoenixToken, optionNames, type PhoenixTokenOptions } from './phoenix-token.js'
import { judgedBy } from './token-judge.js'
import { toUserId, type VerifiedToken } from './verified-token.js'

/** What tokens are verified with, and whom they name; `secretKeyBase` and `salt` are required. */
export interface PhoenixTokenVerifierOptions<D> extends PhoenixTokenOptions {
  /** Whether clients bring encrypted tokens (`Phoenix.Token.encrypt/4`). Default false: signed ones. */
  encrypted?: boolean
  /** The user that the data of a token names: text or a whole number, or the token is refused. Default the data itself. */
  userId?: (data: D) => unknown
}

/** A good token of Phoenix: its user, its end, and the data in it. */
export interface VerifiedPhoenixToken<D = unknown> extends VerifiedToken {
  /** The term in the token. */
  data: D
}

const verifierOptionNames = new Set([...optionNames, 'encrypted', 'userId'])

/**
 * Verifies the tokens that an existing Phoenix application hands to its clients
 * (`Phoenix.Token.sign(MyAppWeb.Endpoint, "user socket", user.id)`), for `authenticate` or a
 * `connect` of one's own. The type `D` is what the application knows to be in its tokens.
 *
 * What it returns throws `PHX_ERR_AUTH_RESULT` where `userId` returns a promise, which nobody waits for.
 * Throws `PHX_ERR_AUTH_OPTION` when an option is missing or wrong.
 */
export function createPhoenixTokenVerifier<D = unknown>(
  options: PhoenixTokenVerifierOptions<D>
): (token: unknown) => VerifiedPhoenixToken<D> | null {
  demandOptions(options, verifierOptionNames)
  const { encrypted = false, userId = (data: D): unknown => data, ...tokenOptions } = options
  demand('encrypted', typeof encrypted === 'boolean', 'must be true or false')
  demand('userId', typeof userId === 'function', 'must be a function')
  const tokens = createPhoenixToken(tokenOptions)
  const check = encrypted ? tokens.decrypt : tokens.verify
  const judge = (token: unknown): VerifiedPhoenixToken<D> | TokenProblem => {
    const result = check(token)
    // Phoenix knows no other word for one that was changed or signed elsewhere.
    if (!result.ok) return result.reason === 'invalid' ? 'signature' : result.reason
    const { expiresAt } = result
    // The application says what it signs.
    const data = result.data as unknown as D
    const named = userId(data)
    if (isThenable(named)) {
      disown(named)
      throw new AuthResultInvalid('userId', describe(named))
    }
    const user = toUserId(named)
    return user === undefined ? 'user' : { userId: user, ...(expiresAt !== undefined && { expiresAt }), data }
  }
  const verify = (token: unknown): VerifiedPhoenixToken<D> | null => {
    const verdict = judge(token)
    return typeof verdict === 'string' ? null : verdict
  }
  return judgedBy(verify, judge)
}
