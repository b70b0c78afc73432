/** What is wrong with a token, for the log; never a part of it. */
export type TokenProblem =
  | 'missing'
  | 'malformed'
  | 'signature'
  | 'expired'
  | 'not_yet_valid'
  | 'algorithm'
  | 'key'
  | 'issuer'
  | 'audience'
  | 'claims'
  | 'user'
  | 'refused'

const problems = new WeakMap<object, TokenProblem>()

/** Says why a client will be refused by its token, of the {@link ConnectInfo} of a connect or of a channel. */
export function noteTokenProblem(of: object, problem: TokenProblem): void {
  problems.set(of, problem)
}

/** What was noted; once. */
export function tokenProblemOf(of: object): TokenProblem | undefined {
  const problem = problems.get(of)
  problems.delete(of)
  return problem
}
