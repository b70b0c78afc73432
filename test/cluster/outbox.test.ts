import t from 'tap'
import type { ClusterAdapter } from '../../lib/cluster/adapter.js'
import { Outbox } from '../../lib/cluster/outbox.js'

const mib = 1024 * 1024

function start() {
  const taken: [channel: string, size: number][] = []
  const engine = {
    isAway: false as boolean,
    start: async () => {},
    close: async () => {},
    subscribe: async () => {},
    unsubscribe: () => {},
    publish(channel: string, bytes: Uint8Array): boolean {
      if (!this.isAway) taken.push([channel, bytes.length])
      return !this.isAway
    }
  } satisfies ClusterAdapter & { isAway: boolean }
  const stats = { published: 0, dropped: 0 }
  return { engine, taken, stats, outbox: new Outbox(engine, stats) }
}

t.test(
  'of state the newest of each name is kept while the engine takes nothing, and the rest is dropped',
  (t) => {
    const { engine, taken, stats, outbox } = start()
    outbox.open()
    engine.isAway = true
    outbox.send('a', new Uint8Array(1))
    outbox.send('a', new Uint8Array(2), 'score')
    outbox.send('a', new Uint8Array(3), 'score')
    outbox.send('b', new Uint8Array(4), 'score')
    outbox.flush()
    t.same(stats, { published: 0, dropped: 2 })
    engine.isAway = false
    outbox.flush()
    t.same(taken, [
      ['a', 3],
      ['b', 4]
    ])
    t.same(stats, { published: 2, dropped: 2 })
    t.end()
  }
)

t.test('before the engine is there for the first time, all is kept in its order', (t) => {
  const { engine, taken, stats, outbox } = start()
  engine.isAway = true
  for (let size = 1; size <= 3; size++) outbox.send('a', new Uint8Array(size))
  outbox.send('a', new Uint8Array(4), '1')
  for (let part = 0; part < 20; part++) outbox.send('b', new Uint8Array(mib))
  t.equal(stats.dropped, 5, 'it is bounded')
  engine.isAway = false
  outbox.open()
  t.same(
    taken.slice(0, 4).map(([, size]) => size),
    [1, 2, 3, 4]
  )
  engine.isAway = true
  outbox.send('a', new Uint8Array(5))
  t.equal(stats.dropped, 6)
  t.end()
})

t.test('state that waits is bounded in bytes', (t) => {
  const { engine, taken, stats, outbox } = start()
  engine.isAway = true
  for (let name = 0; name < 100; name++) outbox.send('a', new Uint8Array(mib), `${name}`)
  outbox.send('a', new Uint8Array(10), '0')
  outbox.send('a', new Uint8Array(mib), 'in its place')
  t.equal(stats.dropped, 86, 'what was replaced makes room')
  engine.isAway = false
  outbox.flush()
  t.ok(taken.reduce((sum, [, size]) => sum + size, 0) <= 16 * mib)
  t.equal(taken.length, 16)
  engine.isAway = true
  for (let name = 0; name < 100; name++) outbox.send('a', new Uint8Array(mib), `${name}`)
  t.equal(stats.dropped, 86 + 84, 'what was sent makes room')
  outbox.clear()
  t.equal(stats.dropped, 86 + 100)
  t.end()
})
