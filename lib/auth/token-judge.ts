import type { TokenProblem } from '../mount/token-problem.js'

/** Verifies a token, and says what is wrong with one that is not good. */
export type TokenJudge<V extends object = object> = (
  token: string
) => V | TokenProblem | Promise<V | TokenProblem>

const judges = new WeakMap<object, TokenJudge>()

/** Makes known what a verifier of this package knows beyond the null that it answers. */
export function judgedBy<Verify extends object>(verify: Verify, judge: TokenJudge): Verify {
  judges.set(verify, judge)
  return verify
}

/** What was made known of the verifier; undefined for those of applications. */
export function judgeOf(verify: object): TokenJudge | undefined {
  return judges.get(verify)
}
