import assert from 'node:assert/strict'
import {
  type ClusterAdapterCase,
  clusterCase,
  inTime,
  numbered,
  settled,
  toBytes,
  until
} from './suite-world.js'

const many = 1000

/** The end of an adapter, with work under way. */
export const closeCases: readonly ClusterAdapterCase[] = [
  clusterCase('what was published before close still arrives', [], async (scene) => {
    const publisher = await scene.node('t:a')
    const member = await scene.node('t:a')
    const texts = numbered('last', many)
    for (const text of texts) assert.equal(publisher.adapter.publish('t:a', toBytes(text)), true)
    await inTime('close', publisher.adapter.close())
    await until('all arrive', () => member.texts('t:a').length === many)
    assert.deepEqual(member.texts('t:a'), texts)
  }),

  clusterCase('nothing is delivered after close, and others go on', [], async (scene) => {
    const publisher = await scene.node()
    const [leaver, member] = [await scene.node('t:a'), await scene.node('t:a')]
    for (const text of numbered('before', many)) await publisher.publish('t:a', text)
    await inTime('close', leaver.adapter.close())
    const [received, states] = [leaver.received.length, leaver.states.length]
    for (const text of numbered('after', many)) await publisher.publish('t:a', text)
    await until('others get all', () => member.texts('t:a').length === 2 * many)
    assert.equal(leaver.received.length, received)
    assert.equal(leaver.states.length, states, 'nor is it told of the engine')
  }),

  clusterCase('a closed adapter takes nothing, throws nothing, and closes again', [], async (scene) => {
    const node = await scene.node('t:a')
    const subscribing = node.adapter.subscribe(['t:b'])
    const closing = node.adapter.close()
    await settled(subscribing, 10_000, 'a subscription that was under way settles')
    await inTime('close', closing)
    assert.equal(node.adapter.publish('t:a', toBytes('late')), false)
    await settled(node.adapter.subscribe(['t:c']), 10_000, 'a subscription that comes late settles')
    node.adapter.unsubscribe(['t:a'])
    await inTime('close again', node.adapter.close())
  }),

  clusterCase('an adapter that never started closes', [], async (scene) => {
    const node = scene.make()
    assert.equal(node.adapter.publish('t:a', toBytes('early')), false)
    await inTime('close', node.adapter.close())
  }),

  clusterCase('close ends while the engine stands still', ['freeze', 'restore'], async (scene) => {
    const node = await scene.node('t:a')
    await scene.freeze()
    node.adapter.publish('t:a', toBytes('frozen'))
    const subscribing = node.adapter.subscribe(['t:b'])
    await settled(node.adapter.close(), 10_000, 'close')
    await settled(subscribing, 10_000, 'a subscription that was under way settles')
    await scene.restore()
    assert.deepEqual(node.received, [])
  }),

  clusterCase('close ends while the engine is away', ['kill', 'restore'], async (scene) => {
    const node = await scene.node('t:a')
    await scene.kill()
    await until('it is told', () => node.isDown)
    await settled(node.adapter.close(), 10_000, 'close')
    await scene.restore()
    assert.deepEqual(node.states, ['down'])
  })
]
