import assert from 'node:assert/strict'
import { type ClusterAdapterCase, clusterCase, numbered, Stream, toBytes } from './suite-world.js'

const many = 1000

/** The end of an adapter, with work under way. */
export const closeCases: readonly ClusterAdapterCase[] = [
  clusterCase('what was published before close still arrives', [], async (scene) => {
    const publisher = await scene.node('t:a')
    const member = await scene.node('t:a')
    const texts = numbered('last', many)
    for (const text of texts) assert.equal(publisher.adapter.publish('t:a', toBytes(text)), true)
    await scene.inTime('close', publisher.adapter.close())
    await scene.until('all arrive', () => member.texts('t:a').length === many)
    assert.deepEqual(member.texts('t:a'), texts)
  }),

  clusterCase('nothing is delivered after close, and others go on', [], async (scene) => {
    const publisher = await scene.node()
    const [leaver, member] = [await scene.node('t:a'), await scene.node('t:a')]
    const stream = new Stream(publisher, 't:a')
    try {
      await scene.until('messages are under way', () => leaver.received.length > many)
      await scene.inTime('close', leaver.adapter.close())
      const [received, states] = [leaver.received.length, leaver.states.length]
      const closedAt = stream.count
      await scene.until('publishing goes on', () => stream.count > closedAt + many)
      stream.stop()
      await scene.until('others get all', () => member.received.length === stream.count)
      assert.equal(leaver.received.length, received)
      assert.equal(leaver.states.length, states, 'nor is it told of the engine')
    } finally {
      stream.stop()
    }
  }),

  clusterCase('a closed adapter takes nothing, throws nothing, and closes again', [], async (scene) => {
    const node = await scene.node('t:a')
    const subscribing = node.adapter.subscribe(['t:b'])
    const closing = node.adapter.close()
    await scene.settles('a subscription that was under way settles', subscribing)
    await scene.inTime('close', closing)
    assert.equal(node.adapter.publish('t:a', toBytes('late')), false)
    await scene.settles('a subscription that comes late settles', node.adapter.subscribe(['t:c']))
    node.adapter.unsubscribe(['t:a'])
    await scene.inTime('close again', node.adapter.close())
  }),

  clusterCase('an adapter that never started closes', [], async (scene) => {
    const node = scene.make()
    assert.equal(node.adapter.publish('t:a', toBytes('early')), false)
    await scene.inTime('close', node.adapter.close())
  }),

  clusterCase('close ends while the engine stands still', ['freeze', 'restore'], async (scene) => {
    const node = await scene.node('t:a')
    await scene.freeze()
    node.adapter.publish('t:a', toBytes('frozen'))
    const subscribing = node.adapter.subscribe(['t:b'])
    await scene.settles('close', node.adapter.close())
    await scene.settles('a subscription that was under way settles', subscribing)
    await scene.restore()
    assert.deepEqual(node.received, [])
  }),

  clusterCase('close ends while the engine is away', ['kill', 'restore'], async (scene) => {
    const node = await scene.node('t:a')
    await scene.kill()
    await scene.until('it is told', () => node.isDown)
    await scene.settles('close', node.adapter.close())
    await scene.restore()
    assert.deepEqual(node.states, ['down'])
  })
]
