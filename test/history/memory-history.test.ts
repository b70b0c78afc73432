import t from 'tap'
import { MemoryHistory } from '../../lib/history/memory-history.js'
import { defaultHistoryLimits, type HistoryLimits, readHistory } from '../../lib/history/options.js'
import type { Draft, HistorySlice } from '../../lib/history/store.js'
import { JsonText } from '../../lib/protocol/serializer/json.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const settings = readHistory({ size: 3, ttlMs: 10_000 })

interface Given {
  readonly limits?: Partial<HistoryLimits>
  readonly wanted?: readonly string[]
}

function make({ limits = {}, wanted = [] }: Given = {}) {
  const clock = new FakeClock()
  const store = new MemoryHistory({
    clock,
    limits: { ...defaultHistoryLimits, ...limits },
    isWanted: (topic) => wanted.includes(topic)
  })
  const say = (topic: string, text: string, key?: string) => store.append(topic, settings, draft(text), key)
  const read = (topic: string, offset?: number, limit = 100) => {
    const { epoch } = store.position(topic)
    return store.read(topic, settings, offset === undefined ? undefined : { epoch, offset }, limit)
  }
  return { clock, store, say, read }
}

const draft = (text: string): Draft => ({
  event: 'say',
  payload: new JsonText(JSON.stringify({ text })),
  sender: undefined
})

const texts = ({ messages }: HistorySlice): unknown[] =>
  messages.map(({ offset, payload }) => [offset, JSON.parse((payload as JsonText).text).text])

t.test('offsets of a topic count from 1, and so many messages are kept as the size says', async (t) => {
  const { say, read } = make()
  t.same(
    ['a', 'b', 'c', 'd'].map((text) => say('room:1', text).position.offset),
    [1, 2, 3, 4]
  )
  t.equal(say('room:2', 'x').position.offset, 1)
  t.same(texts(read('room:1')), [
    [2, 'b'],
    [3, 'c'],
    [4, 'd']
  ])
  t.same(texts(read('room:1', 2)), [
    [3, 'c'],
    [4, 'd']
  ])
  t.same(texts(read('room:1', 2, 1)), [[3, 'c']], 'the first of them')
  t.same(texts(read('room:1', 4)), [])
  t.same(read('room:1', 1).loss, undefined)
  t.same(read('room:1', 0).loss, 'gap')
  t.same(read('room:1', 5).loss, 'ahead')
})

t.test('topics with the names of what objects inherit are topics like others', async (t) => {
  const { say, read } = make()
  for (const topic of ['__proto__', 'constructor', 'toString']) {
    t.equal(say(topic, 'a', '__proto__').position.offset, 1, topic)
    t.same(texts(read(topic)), [[1, 'a']])
  }
})

t.test('each message is kept for its time, and the position outlives it', async (t) => {
  const { clock, store, say, read } = make()
  say('room:1', 'a')
  clock.advance(6_000)
  say('room:1', 'b')
  clock.advance(3_999)
  t.equal(texts(read('room:1')).length, 2)
  clock.advance(1)
  t.same(texts(read('room:1')), [[2, 'b']])
  t.equal(read('room:1', 0).loss, 'gap')
  clock.advance(20_000)
  t.same(read('room:1').messages, [])
  t.equal(read('room:1', 2).loss, undefined, 'who had seen all of it has lost nothing')
  t.equal(read('room:1', 1).loss, 'gap')
  t.equal(say('room:1', 'c').position.offset, 3)
  clock.advance(29 * 24 * 60 * 60 * 1000)
  t.equal(store.position('room:1').offset, 3)
})

t.test('what is over is freed though nobody reads it', async (t) => {
  const { clock, store, say } = make()
  store.append('slow', readHistory({ ttlMs: 86_400_000 }), draft('kept for a day'))
  say('room:1', 'a')
  t.equal(store.stats.messages, 2)
  clock.advance(11_000)
  t.match(store.stats, { topics: 2, messages: 1, dropped: 0 })
  store.close()
  t.match(store.stats, { topics: 0, messages: 0, bytes: 0 })
  t.equal(clock.pending, 0)
})

t.test('a position that nobody asks for is forgotten after thirty days', async (t) => {
  const { clock, store, say } = make({ wanted: ['room:busy'] })
  const { epoch } = say('room:1', 'a').position
  const { epoch: busy } = say('room:busy', 'a').position
  clock.advance(31 * 24 * 60 * 60 * 1000)
  store.append('room:2', settings, draft('x'))
  clock.advance(11_000)
  t.not(store.position('room:1').epoch, epoch)
  t.equal(store.position('room:busy').epoch, busy, 'somebody is there')
})

t.test('of idle topics the longest idle goes first, and has a new epoch', async (t) => {
  const wanted = ['room:busy']
  const { store, say } = make({ limits: { idleTopics: 2 }, wanted })
  const busy = say('room:busy', 'a').position
  const first = say('room:1', 'a').position
  const second = say('room:2', 'a').position
  t.equal(store.position('room:1').epoch, first.epoch, 'is the least idle from now on')
  say('room:3', 'a')
  t.not(store.position('room:2').epoch, second.epoch)
  t.equal(store.stats.topics, 3)
  t.same(store.position('room:busy'), busy)

  store.unwanted('room:busy')
  t.same(store.position('room:busy'), busy, 'has just become idle')
  store.wanted('room:busy')
  for (const topic of ['room:4', 'room:5', 'room:6']) say(topic, 'a')
  t.same(store.position('room:busy'), busy)
})

t.test('over the bytes for all, the oldest messages of all topics go first and are counted', async (t) => {
  const { store, say, read } = make({ limits: { bytes: 2_000 } })
  for (const topic of ['room:1', 'room:2', 'room:3', 'room:4']) say(topic, 'x'.repeat(400))
  t.ok(store.stats.bytes <= 2_000, `${store.stats.bytes} bytes`)
  t.ok(store.stats.dropped > 0)
  t.equal(read('room:1', 0).loss, 'gap', 'its position is still there')
  t.equal(texts(read('room:4', 0)).length, 1)

  t.equal(say('room:5', 'x'.repeat(5_000)).position.offset, 1, 'one that fits nowhere is sent all the same')
  t.equal(store.stats.messages, 0)
})

t.test('a key makes a repeat within two minutes the same message', async (t) => {
  const { clock, say } = make()
  const { position } = say('room:1', 'a', 'order-1')
  t.same(say('room:1', 'a', 'order-1'), { position, message: undefined })
  t.equal(say('room:1', 'a', 'order-2').position.offset, 2)
  t.equal(say('room:2', 'a', 'order-1').position.offset, 1, 'keys are those of a topic')
  clock.advance(119_999)
  t.equal(say('room:1', 'a', 'order-1').message, undefined)
  clock.advance(1)
  t.equal(say('room:1', 'a', 'order-1').position.offset, 3)
})
