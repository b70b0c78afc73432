import assert from 'node:assert/strict'
import { type ClusterAdapterCase, clusterCase } from './suite-world.js'

const batch = 512

/** Subscribing, and what may be the name of a channel. */
export const channelCases: readonly ClusterAdapterCase[] = [
  clusterCase('to subscribe twice is to subscribe once', [], async (scene) => {
    const node = await scene.node('t:a', 't:a')
    await scene.inTime('subscribe', node.adapter.subscribe([]))
    await scene.inTime('subscribe', node.adapter.subscribe(['t:a']))
    await scene.inTime(
      'many at once',
      Promise.all([
        node.adapter.subscribe(['t:a', 't:b']),
        node.adapter.subscribe(['t:b', 't:a']),
        node.adapter.subscribe(['c', 't:a'])
      ])
    )
    await node.publish('t:a', 'one')
    await node.publish('t:b', 'two')
    await node.publish('c', 'end')
    // Between channels there need be no order.
    await scene.until('all arrive', () => node.received.length >= 3)
    assert.deepEqual(node.texts('t:a'), ['one'])
    assert.deepEqual(node.texts('t:b'), ['two'])
  }),

  clusterCase(
    'nothing comes on a channel that was unsubscribed, and all on the others',
    [],
    async (scene) => {
      const publisher = await scene.node()
      const leaver = await scene.node('t:a', 't:b', 't:c')
      const member = await scene.node('t:a')
      leaver.adapter.unsubscribe(['t:a', 't:b', 't:never'])
      leaver.adapter.unsubscribe([])
      let count = 0
      let quiet = 0
      // Messages may be on their way to it; in the end there are none.
      await scene.until('nothing comes any more', () => {
        const before = leaver.texts('t:a').length
        publisher.adapter.publish('t:a', Buffer.from(`${count++}`))
        publisher.adapter.publish('t:c', Buffer.from(`${count}`))
        const isQuiet = leaver.texts('t:c').length > 0 && before === leaver.texts('t:a').length
        quiet = isQuiet ? quiet + 1 : 0
        return quiet > 20
      })
      await scene.until('the member gets all', () => member.texts('t:a').length === count)
      await scene.until('the other channel stays', () => leaver.texts('t:c').length === count)
      assert.ok(leaver.texts('t:a').length < count)
      await scene.inTime('subscribe again', leaver.adapter.subscribe(['t:a']))
      await publisher.publish('t:a', 'back')
      await scene.until('it comes again', () => leaver.texts('t:a').at(-1) === 'back')
    }
  ),

  clusterCase('to unsubscribe and subscribe at once is to stay', [], async (scene) => {
    const node = await scene.node('t:a')
    for (let i = 0; i < 5; i++) {
      node.adapter.unsubscribe(['t:a'])
      await scene.inTime('subscribe', node.adapter.subscribe(['t:a']))
      await node.publish('t:a', `${i}`)
    }
    await scene.until('the last arrives', () => node.texts('t:a').at(-1) === '4')
    assert.deepEqual(node.texts('t:a'), ['0', '1', '2', '3', '4'])
  }),

  clusterCase('10,000 channels are subscribed at once, and each gets its own', [], async (scene) => {
    const publisher = await scene.node()
    const member = await scene.node()
    const channels = Array.from({ length: 10_000 }, (_, i) => `t:room:${i}`)
    const subscribing: Promise<void>[] = []
    for (let i = 0; i < channels.length; i += batch) {
      subscribing.push(member.adapter.subscribe(channels.slice(i, i + batch)))
    }
    await scene.inTime('10,000 are subscribed', Promise.all(subscribing))
    for (const channel of channels) await publisher.publish(channel, channel)
    await scene.until('all arrive', () => member.received.length >= channels.length)
    // Between channels there need be no order.
    const texts = member.received.map(({ channel, bytes }) => `${channel} ${Buffer.from(bytes)}`)
    assert.deepEqual(texts.sort(), channels.map((channel) => `${channel} ${channel}`).sort())
    member.adapter.unsubscribe(channels)
    await scene.inTime('subscribe', member.adapter.subscribe(['c']))
  }),

  clusterCase('a channel is a name, and no pattern, whatever is in it', [], async (scene) => {
    const publisher = await scene.node()
    const names = [
      'a',
      'a.b',
      'a b',
      '*',
      'a*',
      '>',
      '.',
      '..',
      '',
      '\u0000',
      '\r\n',
      '"\\',
      'é😀',
      '$',
      '[a]',
      '?'
    ]
    const channels = [...names, 'x'.repeat(200)].map((name) => `t:${name}`)
    const members = await Promise.all(channels.map((channel) => scene.node(channel, 'c')))
    for (const channel of channels) await publisher.publish(channel, channel)
    await publisher.publish('c', 'end')
    for (const [i, member] of members.entries()) {
      const channel = channels[i] as string
      // Between channels there need be no order.
      const hasBoth = (): boolean => member.texts('c').length > 0 && member.texts(channel).length > 0
      await scene.until('the last arrives', hasBoth)
      const own = member.received.filter(({ channel }) => channel !== 'c')
      assert.deepEqual(
        own.map((each) => each.channel),
        [channel]
      )
      assert.deepEqual(member.texts(channel), [channel])
    }
  })
]
