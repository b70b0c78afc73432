import t from 'tap'
import { KeptTrims, repeatMs } from '../../../lib/cluster/nats/kept-trims.js'

function start() {
  const clock = { now: 0 }
  const trims = new KeptTrims(() => clock.now)
  /** Appends one message each millisecond; its number in the stream is ten times its offset. */
  const append = (first: number, last: number, options = { size: 100, ttlMs: 1e9 }, channel = 't:a') => {
    for (let offset = first; offset <= last; offset++) {
      trims.appended(channel, { offset, seq: offset * 10 }, options)
      clock.now++
    }
  }
  return { clock, trims, append }
}

t.test('what is over the size goes when no repeat can ask for it', async (t) => {
  const { clock, trims, append } = start()
  append(1, 1_000)
  t.same(trims.due(10), [])
  clock.now = repeatMs + 1_000
  const [trim] = trims.due(10)
  t.equal(trim?.channel, 't:a')
  const offset = Number(trim?.seq) / 10
  t.ok(offset <= 901 && offset > 801, `${offset}`)
  t.same(trims.due(10), [], 'once')
})

t.test('what is over its time goes, but for the last one', async (t) => {
  const { clock, trims, append } = start()
  const ttlMs = repeatMs * 2
  append(1, 50, { size: 100, ttlMs })
  clock.now = ttlMs - 1
  t.same(trims.due(10), [])
  clock.now = ttlMs + 50
  t.same(trims.due(10), [{ channel: 't:a', seq: 500 }])
  append(51, 55, { size: 100, ttlMs })
  clock.now += ttlMs
  t.same(trims.due(10), [], 'a few are not worth a question')
})

t.test('a topic that is never quiet is cut all the time, and little is remembered of it', async (t) => {
  const { clock, trims, append } = start()
  const cut: number[] = []
  for (let n = 0; n < 300; n++) {
    append(n * 1_000 + 1, (n + 1) * 1_000, { size: 1, ttlMs: 1e9 })
    cut.push(...trims.due(1).map(({ seq }) => seq / 10))
  }
  t.ok(cut.length > 10)
  t.same(
    cut,
    cut.toSorted((one, other) => one - other)
  )
  t.ok(Number(cut.at(-1)) <= clock.now - repeatMs)
  t.ok(Number(cut.at(-1)) > clock.now - 3 * repeatMs, `${cut.at(-1)}`)
})

t.test('no more at a time than is asked for, and no more topics than can be remembered', async (t) => {
  const { clock, trims, append } = start()
  for (let n = 0; n < 10_100; n++) append(1, 12, { size: 1, ttlMs: 1 }, `t:${n}`)
  clock.now += repeatMs
  t.equal(trims.due(3).length, 3)
  t.equal(trims.due(20_000).length, 9_997)
  t.equal(trims.due(20_000).length, 0)
})

t.test('another epoch has nothing to do with the one before', async (t) => {
  const { clock, trims, append } = start()
  append(500, 600, { size: 100, ttlMs: 1 })
  append(1, 5, { size: 100, ttlMs: 1 })
  clock.now += repeatMs
  t.same(trims.due(10), [])
})
