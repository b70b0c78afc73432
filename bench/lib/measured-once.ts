/** What a question measures beside its cases: how long something takes, how much it is; with a unit of its own. */
export interface Measure {
  readonly name: string
  readonly unit: string
  /** One for each time that it was measured. */
  readonly values: readonly number[]
  /** What the median is to stay under, in the same unit. */
  readonly atMost?: number
}
