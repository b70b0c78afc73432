/** What was measured of one histogram and one set of labels: how often each bucket was hit, and the sum of all. */
export class Buckets {
  readonly bounds: readonly number[]
  /** One more than there are bounds: the last one has what is above all of them. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /** On the way of many hook calls: most values are among the first bounds. @param times how many it stands for */
  observe(value: number, times = 1): void {
    const { bounds, counts } = this
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    counts[at] = (counts[at] as number) + times
    this.sum += value * times
  }

  /** Takes what another one of the same bounds has seen. */
  add({ counts, sum }: Buckets): void {
    for (const [at, count] of counts.entries()) this.counts[at] = (this.counts[at] as number) + count
    this.sum += sum
  }
}
