/** What a node says at the engine of a call that runs once. */
export interface ClaimRecord {
  /** Which runs it. */
  readonly node: string
  /** Of the function and the arguments. */
  readonly digest: string
  /** Of this one claim. */
  readonly token: string
  readonly isDone?: boolean
}

const version = '1'

export function encodeClaim({ node, digest, token, isDone }: ClaimRecord): string {
  return [version, node, digest, token, isDone === true ? 'done' : 'runs'].join(' ')
}

/** Undefined for what is none, or one of another version. */
export function decodeClaim(text: string): ClaimRecord | undefined {
  const [said, node, digest, token, state, ...more] = text.split(' ')
  if (said !== version || !node || !digest || !token || more.length > 0) return undefined
  return state === 'done' || state === 'runs' ? { node, digest, token, isDone: state === 'done' } : undefined
}
