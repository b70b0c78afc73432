import { oneLine } from '../../log/one-line.js'

/** Why something failed, in one line: of a name with several addresses the first that was tried. */
export function reasonOf(err: unknown): string {
  return oneLine(err instanceof AggregateError && err.message === '' ? err.errors[0] : err)
}
