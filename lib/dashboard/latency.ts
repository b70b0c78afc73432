/** Buckets to each doubling: a percentile is at most a ninth too high. */
const perOctave = 8
/** From a microsecond to two minutes. */
const octaves = 27
const buckets = octaves * perOctave + 1

/** How long things took, in buckets that grow with the time: its size does not depend on how many there were. */
export class Latencies {
  readonly #counts = new Uint32Array(buckets)
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  /** Milliseconds of the slowest. */
  get max(): number {
    return this.#max
  }

  /** Notes one that took so many milliseconds. */
  add(ms: number): void {
    this.#count++
    if (ms > this.#max) this.#max = ms
    const bucket = bucketOf(ms)
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
  }

  /** Milliseconds that a part of them took no longer than; null where there were none. */
  percentile(part: number): number | null {
    if (this.#count === 0) return null
    let left = Math.ceil(this.#count * part)
    for (let bucket = 0; bucket < buckets; bucket++) {
      left -= this.#counts[bucket] as number
      if (left <= 0) return Math.min(upTo(bucket), this.#max)
    }
    return this.#max
  }

  clear(): void {
    if (this.#count === 0) return
    this.#counts.fill(0)
    this.#count = 0
    this.#max = 0
  }

  /** As {@link merge} takes it, of another node. */
  toJSON(): LatencyCounts {
    const counts: [number, number][] = []
    for (const [bucket, count] of this.#counts.entries()) if (count > 0) counts.push([bucket, count])
    return { max: this.#max, counts }
  }

  /** Adds those of another one. */
  merge({ max, counts }: LatencyCounts): void {
    this.#max = Math.max(this.#max, max)
    for (const [bucket, count] of counts) {
      if (bucket >= buckets) continue
      this.#counts[bucket] = (this.#counts[bucket] as number) + count
      this.#count += count
    }
  }
}

/** How many took how long, by bucket; those without any are left out. */
export interface LatencyCounts {
  readonly max: number
  readonly counts: readonly (readonly [bucket: number, count: number])[]
}

function bucketOf(ms: number): number {
  const microseconds = ms * 1000
  if (microseconds <= 1) return 0
  return Math.min(buckets - 1, Math.ceil(Math.log2(microseconds) * perOctave))
}

const upTo = (bucket: number): number => 2 ** (bucket / perOctave) / 1000
