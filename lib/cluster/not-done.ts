/** Why what an engine was asked for is certainly not done, nor will be: it was never sent, or the engine refused. */
export type NotDone = 'not_sent' | 'refused'

/** Says so of an error, in its property `notDone`. */
export function notDone<Err extends Error>(err: Err, why: NotDone): Err {
  return Object.assign(err, { notDone: why })
}

/** Undefined where it may have been done. */
export function whyNotDone(err: unknown): NotDone | undefined {
  const { notDone: why } = Object(err) as { notDone?: unknown }
  return why === 'not_sent' || why === 'refused' ? why : undefined
}
