import t from 'tap'
import type { Frame, OutgoingFrame } from '../../lib/protocol/frame.js'
import type { Broadcast } from '../../lib/protocol/message.js'
import type { Serializer } from '../../lib/protocol/serializer/serializer.js'
import { v1 } from '../../lib/protocol/serializer/v1.js'
import { v2 } from '../../lib/protocol/serializer/v2.js'
import type { Delivery } from '../../lib/pubsub/delivery.js'
import { PubSub, type Subscriber } from '../../lib/pubsub/pubsub.js'

/** A serializer that counts what it encodes. */
function counting(serializer: Serializer): Serializer & { encoded: number } {
  const counter = {
    ...serializer,
    encoded: 0,
    encodeBroadcast(broadcast: Broadcast): Frame {
      counter.encoded++
      return serializer.encodeBroadcast(broadcast)
    }
  }
  return counter
}

class Member implements Subscriber {
  readonly frames: OutgoingFrame[] = []
  readonly #serializer: Serializer
  readonly #then: (() => void) | undefined

  constructor(serializer: Serializer = v2, then?: () => void) {
    this.#serializer = serializer
    this.#then = then
  }

  deliver(delivery: Delivery): void {
    this.frames.push(delivery.frame(this.#serializer))
    this.#then?.()
  }
}

const broadcast = { topic: 'room:a', event: 'shout', payload: { x: 1 } }
const frame = '[null,null,"room:a","shout",{"x":1}]'

t.test('all subscribers of a topic get what is broadcast to it, and nobody else does', async (t) => {
  const pubsub = new PubSub()
  const [a, b, other] = [new Member(), new Member(), new Member()]
  pubsub.subscribe('room:a', a)
  pubsub.subscribe('room:a', b)
  pubsub.subscribe('room:b', other)
  pubsub.broadcast(broadcast)
  t.same([a.frames.map(String), b.frames.map(String), other.frames], [[frame], [frame], []])
})

t.test('a broadcast is encoded once for each serializer, whatever the number of subscribers', async (t) => {
  const pubsub = new PubSub()
  const serializers = [counting(v2), counting(v1), counting(v2)]
  const members = Array.from({ length: 300 }, (_, i) => new Member(serializers[i % 3]))
  for (const member of members) pubsub.subscribe('room:a', member)
  pubsub.broadcast(broadcast)
  t.same(
    serializers.map(({ encoded }) => encoded),
    [1, 1, 1]
  )
  t.ok(members.every(({ frames }) => frames.length === 1))
  for (const i of [0, 1, 2]) {
    const sharing = members.filter((_, n) => n % 3 === i)
    t.equal(new Set(sharing.map(({ frames }) => frames[0])).size, 1, 'the bytes of a text are shared')
  }
  const binary = new Member()
  const twin = new Member()
  pubsub.subscribe('bytes', binary)
  pubsub.subscribe('bytes', twin)
  pubsub.broadcast({ topic: 'bytes', event: 'e', payload: Buffer.from([1]) })
  t.equal(binary.frames[0], twin.frames[0], 'the bytes themselves are shared')
})

t.test('nothing is encoded when nobody listens', async (t) => {
  const pubsub = new PubSub()
  const circular: Record<string, unknown> = {}
  circular.self = circular
  t.doesNotThrow(() => pubsub.broadcast({ ...broadcast, payload: circular }))
})

t.test('the one who sends can be left out', async (t) => {
  const pubsub = new PubSub()
  const [a, b] = [new Member(), new Member()]
  pubsub.subscribe('room:a', a)
  pubsub.subscribe('room:a', b)
  pubsub.broadcast(broadcast, a)
  t.same([a.frames.length, b.frames.length], [0, 1])
})

t.test('delivery is in the order of subscription', async (t) => {
  const pubsub = new PubSub()
  const order: number[] = []
  for (const i of [1, 2, 3]) pubsub.subscribe('room:a', new Member(v2, () => order.push(i)))
  pubsub.broadcast(broadcast)
  t.same(order, [1, 2, 3])
})

t.test('subscribing twice is subscribing once', async (t) => {
  const pubsub = new PubSub()
  const member = new Member()
  pubsub.subscribe('room:a', member)
  pubsub.subscribe('room:a', member)
  pubsub.broadcast(broadcast)
  t.equal(member.frames.length, 1)
  pubsub.unsubscribe('room:a', member)
  t.equal(pubsub.size, 0)
})

t.test('a topic without subscribers is forgotten', async (t) => {
  const pubsub = new PubSub()
  const [a, b] = [new Member(), new Member()]
  pubsub.subscribe('room:a', a)
  pubsub.subscribe('room:a', b)
  pubsub.unsubscribe('room:a', a)
  t.equal(pubsub.size, 1)
  pubsub.unsubscribe('room:a', a)
  pubsub.unsubscribe('never', b)
  pubsub.unsubscribe('room:a', b)
  t.equal(pubsub.size, 0)
})

t.test('who unsubscribes while a broadcast is under way gets nothing of it, and the others do', async (t) => {
  const pubsub = new PubSub()
  const [leaver, stayer] = [new Member(), new Member()]
  const evictor = new Member(v2, () => {
    pubsub.unsubscribe('room:a', evictor)
    pubsub.unsubscribe('room:a', leaver)
  })
  for (const member of [evictor, leaver, stayer]) pubsub.subscribe('room:a', member)
  pubsub.broadcast(broadcast)
  t.same([evictor.frames.length, leaver.frames.length, stayer.frames.length], [1, 0, 1])
})

t.test('a broadcast out of a broadcast reaches everybody', async (t) => {
  const pubsub = new PubSub()
  const echo = { ...broadcast, event: 'echo' }
  let isFirst = true
  const first = new Member(v2, () => {
    if (isFirst) {
      isFirst = false
      pubsub.broadcast(echo)
    }
  })
  const second = new Member()
  pubsub.subscribe('room:a', first)
  pubsub.subscribe('room:a', second)
  pubsub.broadcast(broadcast)
  t.equal(first.frames.length, 2)
  t.equal(second.frames.length, 2)
})

t.test('names of prototypes are topics like any other', async (t) => {
  const pubsub = new PubSub()
  const member = new Member()
  pubsub.subscribe('__proto__', member)
  pubsub.broadcast({ ...broadcast, topic: 'constructor' })
  pubsub.broadcast({ ...broadcast, topic: '__proto__' })
  t.equal(member.frames.length, 1)
})
