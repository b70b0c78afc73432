import t from 'tap'
import type { EngineSlice } from '../../lib/cluster/adapter.js'
import { encodeEnvelope } from '../../lib/cluster/envelope.js'
import type { KeptArrival } from '../../lib/cluster/kept-messages.js'
import { SharedReads } from '../../lib/cluster/shared-reads.js'
import { TopicTail } from '../../lib/cluster/topic-tail.js'
import { WaitingBytes } from '../../lib/cluster/waiting-bytes.js'
import { JsonText } from '../../lib/protocol/serializer/json.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { deferred, settled } from '../fixtures/test-socket.js'

const epoch = 'e'

function arrival(offset: number, of = epoch, text = '{}'): KeptArrival {
  const message = { offset, at: 0, event: 'say', payload: new JsonText(text), sender: undefined }
  return { position: { epoch: of, offset }, message }
}

const bytes = encodeEnvelope({
  kind: 'broadcast',
  publisher: 'n',
  topic: 'room:1',
  event: 'say',
  body: new JsonText('{}')
})

/** What an engine answers that has all from `first` to `last`. */
function slice(first: number, last: number, of = epoch): EngineSlice {
  const messages = Array.from({ length: last - first + 1 }, (_, i) => ({ offset: first + i, at: 0, bytes }))
  return { epoch: of, offset: last, messages }
}

function follow(last: number, isSoft = false, waitingBytes = new WaitingBytes()) {
  const delivered: number[] = []
  const reads: { after: number; answer: ReturnType<typeof deferred<EngineSlice>> }[] = []
  const renewals: unknown[] = []
  const clock = new FakeClock()
  let losses = 0
  const tail = new TopicTail({ epoch, offset: last }, isSoft, {
    read(after) {
      const answer = deferred<EngineSlice>()
      reads.push({ after, answer })
      return answer.promise
    },
    deliver: ({ message }) => delivered.push(message.offset),
    async renew(known) {
      renewals.push(known)
    },
    clock,
    waitingBytes,
    lost: () => losses++
  })
  const come = (...offsets: number[]) => {
    for (const offset of offsets) tail.arrived(arrival(offset))
  }
  const answer = async (given: EngineSlice | Error) => {
    const read = reads.shift()
    if (given instanceof Error) read?.answer.reject(given)
    else read?.answer.resolve(given)
    await settled()
  }
  return { tail, delivered, reads, come, answer, losses: () => losses, renewals, clock }
}

t.test('what comes in order is delivered, and what came before is not', async (t) => {
  const { delivered, come, reads, answer } = follow(3)
  come(4, 5)
  t.equal(reads.length, 0)
  come(4, 3, 6)
  await answer(slice(6, 6))
  t.same(delivered, [4, 5, 6])
})

t.test('an engine that counts a second time has to begin a new epoch', async (t) => {
  const { come, reads, answer, delivered, renewals, losses } = follow(9)
  come(5)
  t.equal(reads[0]?.after, 9)
  await answer({ epoch, offset: 5, messages: [] })
  t.same(renewals, [{ epoch, offset: 9 }])
  t.equal(losses(), 1)
  t.same(delivered, [])
})

t.test('an engine that does not answer is asked again, without anything that comes', async (t) => {
  const { tail, come, answer, delivered, reads, clock } = follow(3)
  void tail.catchUp()
  await answer(new Error('away'))
  t.equal(reads.length, 0)
  clock.advance(100)
  await answer(new Error('away'))
  clock.advance(200)
  await answer(slice(4, 5))
  t.same(delivered, [4, 5])
  come(8)
  await answer(new Error('away'))
  tail.end()
  t.equal(clock.pending, 0)
})

t.test('where somebody only asked, what was under way is still delivered', async (t) => {
  const { delivered, come } = follow(3, true)
  come(2, 3, 4, 3)
  t.same(delivered, [2, 3, 4])
})

t.test('what is missing is read, and what came behind it waits', async (t) => {
  const { delivered, come, answer, reads } = follow(3)
  come(6, 7)
  t.same(delivered, [])
  t.equal(reads[0]?.after, 3)
  await answer(slice(4, 6))
  t.same(delivered, [4, 5, 6, 7])
  come(8)
  t.same(delivered, [4, 5, 6, 7, 8])
})

t.test('what is missing again behind it is read again', async (t) => {
  const { delivered, come, answer } = follow(3)
  come(6)
  await answer(slice(4, 4))
  t.same(delivered, [4])
  come(9)
  await answer(slice(5, 6))
  t.same(delivered, [4, 5, 6])
  await answer(slice(7, 9))
  t.same(delivered, [4, 5, 6, 7, 8, 9])
})

t.test('an engine that is away is asked anew when it is back', async (t) => {
  const { tail, delivered, come, answer, losses } = follow(3)
  come(5)
  await answer(new Error('away'))
  t.same(delivered, [])
  void tail.catchUp()
  await answer(slice(4, 6))
  t.same(delivered, [4, 5, 6])
  t.equal(losses(), 0)
})

for (const [what, answered] of [
  ['is gone', slice(5, 6)],
  ['is of another epoch', slice(1, 1, 'other')],
  ['was taken back', slice(1, 2)]
] as const) {
  t.test(`what ${what} is lost, once`, async (t) => {
    const { delivered, come, answer, losses } = follow(3)
    come(6)
    await answer(answered)
    come(7)
    t.same(delivered, [])
    t.equal(losses(), 1)
  })
}

t.test('a message of another epoch ends the topic', async (t) => {
  const { tail, losses } = follow(3)
  tail.arrived(arrival(4, 'other'))
  t.equal(losses(), 1)
})

t.test('too much that waits ends the topic', async (t) => {
  const { come, losses } = follow(0)
  for (let offset = 2; offset <= 10_010; offset++) come(offset)
  t.equal(losses(), 1)
})

t.test('too many bytes that wait end the topic, those of all topics of a node together', async (t) => {
  const waiting = new WaitingBytes()
  const text = 'x'.repeat(1024 * 1024)
  const one = follow(0, false, waiting)
  const other = follow(0, false, waiting)
  for (let offset = 2; offset <= 13; offset++) one.tail.arrived(arrival(offset, epoch, text))
  for (let offset = 2; offset <= 4; offset++) other.tail.arrived(arrival(offset, epoch, text))
  t.same([one.losses(), other.losses()], [0, 0])
  other.tail.arrived(arrival(5, epoch, text))
  t.same([one.losses(), other.losses()], [0, 1])
  await one.answer(slice(1, 13))
  t.equal(one.delivered.length, 13)
  t.equal(waiting.bytes, 0)
})

t.test('what waits alone has its room, and what has ended keeps none', async (t) => {
  const waiting = new WaitingBytes()
  const { tail, losses, answer, delivered } = follow(0, false, waiting)
  tail.arrived(arrival(3, epoch, 'x'.repeat(17 * 1024 * 1024)))
  t.equal(losses(), 0)
  await answer(slice(1, 1))
  t.same(delivered, [1])
  t.ok(waiting.bytes > 0, 'it waits on for the one that is still missing')
  tail.end()
  t.equal(waiting.bytes, 0)
})

t.test('who asks while a read is under way shares the one behind it', async (t) => {
  const answers: ReturnType<typeof deferred<EngineSlice>>[] = []
  const asked: unknown[] = []
  const reads = new SharedReads({
    append: () => Promise.reject(new Error('not asked for')),
    renew: () => Promise.reject(new Error('not asked for')),
    read(_channel, { after }) {
      asked.push(after)
      const answer = deferred<EngineSlice>()
      answers.push(answer)
      return answer.promise
    }
  })
  const query = { limit: 300, ttlMs: 1 }
  const first = reads.recent('t:a', { ...query, after: 7 })
  const others = [reads.recent('t:a', { ...query, after: 8 }), reads.recent('t:a', query)]
  const elsewhere = reads.recent('t:b', query)
  t.equal(answers.length, 2)
  answers[0]?.resolve(slice(1, 1))
  const [message] = (await first).messages
  t.equal((await first).position.offset, 1)
  await settled()
  t.equal(answers.length, 3)
  answers[2]?.resolve(slice(1, 2))
  for (const other of others) {
    const { position, messages } = await other
    t.equal(position.offset, 2)
    t.equal(messages[0], message, 'is taken apart once')
  }
  answers[1]?.reject(new Error('away'))
  await t.rejects(elsewhere)
  await settled()
  void reads.recent('t:a', query)
  t.equal(answers.length, 4)
  t.same(asked, [7, undefined, undefined, undefined], 'who is alone reads no more than it asks for')
})

t.test('who says another epoch has a read of its own, of that epoch alone', async (t) => {
  const asked: unknown[] = []
  const answer = deferred<EngineSlice>()
  const reads = new SharedReads({
    append: () => Promise.reject(new Error('not asked for')),
    renew: () => Promise.reject(new Error('not asked for')),
    read(_channel, { epoch }) {
      asked.push(epoch)
      return answer.promise
    }
  })
  const query = { limit: 300, ttlMs: 1, after: 7, isWhole: true }
  const all = ['e', 'e', 'foreign', 'foreign', 'e'].map((epoch) => reads.recent('t:a', { ...query, epoch }))
  t.same(asked, ['e', 'foreign'])
  answer.resolve(slice(1, 1))
  await Promise.all(all)
  t.same(asked, ['e', 'foreign', 'e', 'foreign'], 'also of those who share it')
})
