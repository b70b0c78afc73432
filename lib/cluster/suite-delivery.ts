import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type ClusterAdapterCase, clusterCase, numbered, Stream, toBytes } from './suite-world.js'

const mebibyte = 1024 * 1024

/** What arrives where, and in what order, as long as nothing fails. */
export const deliveryCases: readonly ClusterAdapterCase[] = [
  clusterCase('a message reaches who is subscribed, its own node too, and nobody else', [], async (scene) => {
    const publisher = await scene.node('c', 't:a')
    const member = await scene.node('c', 't:a')
    const other = await scene.node('c', 't:b')
    assert.equal(publisher.adapter.publish('t:a', toBytes('one')), true)
    assert.deepEqual(publisher.received, [], 'nothing is delivered while publish runs')
    // Who got this one would have got the one before.
    await publisher.publish('c', 'end')
    for (const node of [publisher, member, other]) {
      await scene.until('the last message arrives', () => node.texts('c').length > 0)
    }
    // Where channels have no order between them.
    for (const node of [publisher, member]) {
      await scene.until('the message arrives', () => node.texts('t:a').length > 0)
    }
    assert.deepEqual(publisher.texts('t:a'), ['one'])
    assert.deepEqual(member.texts('t:a'), ['one'])
    assert.deepEqual(other.texts('t:a'), [])
  }),

  clusterCase('bytes arrive unchanged, from 1 byte to 4 MiB', [], async (scene) => {
    const publisher = await scene.node()
    const member = await scene.node('t:a')
    const sizes = [1, 2, 3, 125, 126, 255, 256, 1023, 4096, 65_535, 65_536, 65_537, mebibyte, 4 * mebibyte]
    const messages: Uint8Array[] = [Uint8Array.from({ length: 256 }, (_, i) => i)]
    for (const size of sizes) messages.push(randomBytes(size))
    // A view of a part: what lies around it must not be sent.
    messages.push(new Uint8Array(randomBytes(64).buffer, 8, 16))
    const sent = messages.map((message) => Buffer.from(message))
    for (const message of messages) {
      await scene.until('the adapter takes a message', () => publisher.adapter.publish('t:a', message))
    }
    await scene.until('all arrive', () => member.received.length === sent.length)
    for (const [i, { bytes }] of member.received.entries()) {
      assert.ok(sent[i]?.equals(bytes), `the message of ${sent[i]?.length} bytes is unchanged`)
    }
  }),

  clusterCase(
    'messages of a publisher on a channel keep their order, and none is lost',
    [],
    async (scene) => {
      const channels = ['t:a', 't:b', 't:c', 'c']
      const members = [await scene.node(...channels), await scene.node(...channels)]
      const publishers = [...members, await scene.node()]
      const count = 1500
      const padding = ['', '.'.repeat(200), '.'.repeat(5000)]
      const publishing = publishers.map(async (publisher, p) => {
        for (let i = 0; i < count; i++) {
          for (const channel of channels) await publisher.publish(channel, `${p} ${i} ${padding[i % 3]}`)
          // Each in turns of its own, so that they mix.
          if (i % (50 + 7 * p) === 0) await new Promise((resolve) => setImmediate(resolve))
        }
      })
      await Promise.all(publishing)
      const total = count * channels.length * publishers.length
      for (const member of members) {
        await scene.until('all arrive', () => member.received.length >= total)
        assert.equal(member.received.length, total)
        for (const channel of channels) {
          const heads = member.texts(channel).map((text) => text.split(' ', 2).join(' '))
          for (const p of publishers.keys()) {
            const own = heads.filter((head) => head.startsWith(`${p} `))
            assert.deepEqual(own, numbered(`${p}`, count), `publisher ${p} on ${channel}`)
          }
        }
      }
    }
  ),

  clusterCase('who has subscribed misses nothing that is published afterwards', [], async (scene) => {
    const publisher = await scene.node()
    const member = await scene.node('c')
    const stream = new Stream(publisher, 't:a')
    try {
      await scene.until('publishing has begun', () => stream.count > 100)
      await scene.inTime('subscribe', member.adapter.subscribe(['t:a']))
      const firstMissable = stream.count
      await scene.until('publishing goes on', () => stream.count > firstMissable + 1000)
      stream.stop()
      await scene.until('the last arrives', () => member.texts('t:a').at(-1) === `${stream.count - 1}`)
      const numbers = member.texts('t:a').map(Number)
      const [first = Number.POSITIVE_INFINITY] = numbers
      assert.ok(first <= firstMissable, `the first is ${first}, ${firstMissable} was published afterwards`)
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => first + i)
      )
    } finally {
      stream.stop()
    }
  })
]
