import t from 'tap'
import {
  cutAt,
  cutOf,
  decodeMarks,
  encodeMarks,
  type KeptTerms,
  noMarks,
  withMark
} from '../../../lib/cluster/nats/kept-marks.js'

/** A topic of which each message has the marks of the one ahead of it; its numbers in the stream are ten times the offsets. */
class Topic {
  now = 0
  end = 0
  marks = noMarks
  readonly cuts: number[] = []
  readonly #terms: KeptTerms

  constructor(terms: KeptTerms) {
    this.#terms = terms
  }

  /** Appends so many, with so many seconds ahead of each. */
  append(count: number, seconds: number): this {
    for (let n = 0; n < count; n++) {
      this.now += seconds
      const { end, now } = this
      const mark = { offset: end, seq: end * 10, at: Math.floor(now) }
      if (end > 0) this.marks = withMark(this.marks, mark, this.#terms)
      this.end++
      const cut = cutOf(this.marks, this.end, now, this.#terms)
      if (cut === undefined) continue
      t.equal(cut.seq, cut.offset * 10)
      this.marks = cutAt(this.marks, cut)
      this.cuts.push(cut.offset)
    }
    // What travels with each message.
    t.same(decodeMarks(...(encodeMarks(this.marks).split(' ') as [string, string])), this.marks)
    t.ok(encodeMarks(this.marks).length < 512)
    return this
  }

  get left(): number {
    return this.end - (this.cuts.at(-1) ?? 1) + 1
  }
}

t.test('what is over the size goes when no repeat can ask for it', async (t) => {
  const topic = new Topic({ size: 100, ttlMs: 1e9 }).append(1_000, 0.001)
  t.same(topic.cuts, [])
  topic.now += 300
  topic.append(1, 0)
  t.equal(topic.cuts.length, 1)
  t.ok(topic.left >= 100, `${topic.left}`)
  t.ok(topic.left < 1_000, `${topic.left}`)
})

t.test('a topic that is never quiet is cut all the time, whatever its size', async (t) => {
  for (const size of [1, 100, 1_000]) {
    const topic = new Topic({ size, ttlMs: 1e9 }).append(200_000, 0.01)
    t.ok(topic.left >= size, `${size}: ${topic.left}`)
    // What came within some minutes.
    t.ok(topic.left <= size + 40_000, `${size}: ${topic.left}`)
    t.ok(topic.cuts.length > 5)
    t.ok(topic.cuts.length < 1_000, 'many at a time')
  }
})

t.test('a topic with a message now and then is cut as well', async (t) => {
  for (const [ttlMs, seconds] of [
    [300_000, 301],
    [300_000, 100],
    [60_000, 121],
    [60_000, 10_000],
    [86_400_000, 3_600]
  ] as const) {
    const topic = new Topic({ size: 100, ttlMs }).append(2_000, seconds)
    const wanted = Math.min(100, ttlMs / 1000 / seconds)
    t.ok(topic.left >= wanted, `${ttlMs}, ${seconds}: ${topic.left}`)
    t.ok(topic.left <= 3 * wanted + 30, `${ttlMs}, ${seconds}: ${topic.left}`)
  }
})

t.test('nothing goes that is kept: by its number, its age, or for a repeat', async (t) => {
  for (const [size, ttlMs] of [
    [1, 1],
    [10, 600_000],
    [100, 10_000]
  ] as const) {
    const terms = { size, ttlMs }
    const topic = new Topic(terms)
    const times: number[] = []
    let state = 42
    for (let n = 0; n < 5_000; n++) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      topic.append(1, state % 7 === 0 ? 60 : 0.1)
      times.push(topic.now)
      const cut = topic.cuts.at(-1)
      if (cut === undefined || cut < 2) continue
      const age = topic.now - Number(times[cut - 2])
      if (age < 120 || (cut - 1 > topic.end - size && age * 1000 < ttlMs)) t.fail(`${cut} at ${n}`)
    }
    t.ok(topic.cuts.length > 10)
  }
})

t.test('what is none is no mark', async (t) => {
  for (const [cut, list] of [
    [undefined, undefined],
    ['1', undefined],
    ['x', '-'],
    ['1', '1:2'],
    ['1', '1:2:x'],
    ['1', '1:2:3,']
  ])
    t.same(decodeMarks(cut, list), noMarks, `${cut} ${list}`)
  t.same(decodeMarks('5', '-'), { cut: 5, marks: [] })
})
