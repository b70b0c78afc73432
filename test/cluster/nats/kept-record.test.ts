import t from 'tap'
import {
  decodeRecord,
  encodeRecord,
  firstRecord,
  type Kept,
  placesFrom,
  recordBehind,
  recordIn
} from '../../../lib/cluster/nats/kept-record.js'

const terms = { size: 100, ttlMs: 60_000 }

/** A topic of so many messages in a stream, of which it has every seventh number. */
function topic(first: 0 | 1, count: number): Kept[] {
  const kept: Kept[] = [{ seq: 7, record: firstRecord('e', first, 100) }]
  for (let n = 1; n < count; n++)
    kept.push({ seq: 7 * (n + 1), record: recordBehind(kept.at(-1) as Kept, terms, n) })
  return kept
}

for (const first of [0, 1] as const) {
  t.test(`messages say where those ahead of them are; an epoch begins with ${first}`, async (t) => {
    const kept = topic(first, 9_000)
    for (const each of kept) {
      const [own, ...places] = placesFrom(each)
      t.same(own, { seq: each.seq, offset: each.record.offset })
      for (const { seq, offset } of places) {
        const there = kept[seq / 7 - 1]?.record.offset
        if (there !== (offset === 0 ? first : offset)) t.fail(`${each.record.offset}: ${offset} is at ${seq}`)
      }
    }
    const { record } = kept[500] as Kept
    t.same(
      record.recent,
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => kept[500 - n]?.seq)
    )
    t.same(kept[2]?.record.recent, first === 1 ? [14, 7] : [14])
    const far = placesFrom(kept.find(({ record }) => record.offset === 5_000) as Kept)
    t.same(
      far.map(({ offset }) => offset),
      [5_000, 4_992, 4_864, 4_096, 0]
    )
  })
}

t.test('what is written is read, and nothing else', async (t) => {
  const { record } = topic(1, 300).at(-1) as Kept
  t.same(decodeRecord(encodeRecord(record)), record)
  t.same(recordIn(`NATS/1.0\r\nNats-Msg-Id: k\r\nPhx-Kept: ${encodeRecord(record)}\r\n\r\n`), record)
  t.equal(recordIn('NATS/1.0\r\nNats-Msg-Id: Phx-Kept: 1 e 1 1 0 0 0\r\n\r\n'), undefined)
  for (const none of ['', '1', '1 e', '1 e 2 3', 'x e 1 1 0 0 0', '1 e 1 x 0 0 0', '1 e 1 1 0 0 -1'])
    t.equal(decodeRecord(none), undefined, none)
  t.match(decodeRecord('9 e 1 1 0 0 0 5,4 more'), { offset: 9, recent: [5, 4] }, 'of a newer node')
  t.match(decodeRecord('9 e 1 1 0 0 0 5,x'), { offset: 9, recent: [] })
})
