import type { Figure, Target } from './question.js'
import type { CaseResult, Result } from './results.js'
import { type Spread, spread } from './statistics.js'

/** One subject's figure over all rounds; undefined where it was not measured. */
export function figureOf({ rounds }: CaseResult, subject: string, figure: Figure): Spread | undefined {
  const values = rounds.flatMap((round) => round[subject]?.[figure] ?? [])
  return values.length === 0 ? undefined : spread(values)
}

/** One subject's figure as a multiple of the reference's, taken round by round. */
export function ratioOf(
  { rounds }: CaseResult,
  subject: string,
  reference: string,
  figure: Figure
): Spread | undefined {
  const ratios = rounds.flatMap((round) => {
    const [one, other] = [round[subject]?.[figure], round[reference]?.[figure]]
    return one === undefined || other === undefined || other === 0 ? [] : one / other
  })
  return ratios.length === 0 ? undefined : spread(ratios)
}

/** What became of one target. */
export interface Outcome {
  readonly title: string
  readonly case: string
  readonly target: Target
  readonly reached: Spread
  /** Clients of ours that did not get what they came for, in all rounds together. */
  readonly failed: number
  readonly met: boolean
}

/** The targets of a result that were measured. None is met where clients failed: no figure counts them. */
export function outcomes({ title, cases, subjects }: Result): Outcome[] {
  const [own, reference] = subjects.map(({ name }) => name) as [string, string]
  return cases.flatMap((one) => {
    const { target } = one
    if (target === undefined) return []
    const reached = target.absolute
      ? figureOf(one, own, target.figure)
      : ratioOf(one, own, reference, target.figure)
    if (reached === undefined) return []
    const failed = one.rounds.reduce((sum, round) => sum + (round[own]?.failed ?? 0), 0)
    const met = failed === 0 && reached.median <= target.atMost
    return [{ title, case: one.name, target, reached, failed, met }]
  })
}

/**
 * The rounds of a long run in parts of equal length, so that the last can be held against the first.
 * Fewer rounds than parts are no long run: then there is one part.
 */
export function parts(one: CaseResult, count: number): CaseResult[] {
  const { rounds } = one
  if (rounds.length < count) return [one]
  const bound = (part: number): number => Math.round((part * rounds.length) / count)
  return Array.from({ length: count }, (_, part) => ({
    ...one,
    rounds: rounds.slice(bound(part), bound(part + 1))
  }))
}
