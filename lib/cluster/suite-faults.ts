import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pause, settled } from './suite-patience.js'
import { type ClusterAdapterCase, clusterCase, numbered, type SuiteNode } from './suite-world.js'

const mebibyte = 1024 * 1024

/** Bytes of a message of which many fill an adapter. */
const largeBytes = mebibyte / 4

/** What may wait in an adapter at most, whatever its own bound is. */
const maxOutbox = 64 * mebibyte

/** Publishes large, numbered messages without a pause until the adapter is full; returns how many it took. */
function fill({ adapter }: SuiteNode, channel: string): number {
  for (let i = 0; i <= maxOutbox / largeBytes; i++) {
    const bytes = Buffer.alloc(largeBytes)
    bytes.writeUInt32BE(i)
    if (!adapter.publish(channel, bytes)) return i
  }
  assert.fail('publish never answers false')
}

/** The numbers of the large messages that came. */
function numbersOf({ received }: SuiteNode): number[] {
  const large = received.filter(({ bytes }) => bytes.length === largeBytes)
  return large.map(({ bytes }) => Buffer.from(bytes).readUInt32BE())
}

/** Publishes a lot to an engine that takes nothing; neither does it throw, nor does it all stay in memory. */
async function floods({ adapter }: SuiteNode, channel: string): Promise<void> {
  const bytes = Buffer.alloc(mebibyte)
  const before = process.memoryUsage().arrayBuffers
  let taken = 0
  for (let i = 0; i < 500; i++) {
    if (adapter.publish(channel, bytes)) taken++
    if (i % 50 === 0) await nextTurn()
  }
  assert.ok(taken * bytes.length <= maxOutbox, `${taken} MiB wait`)
  const grown = process.memoryUsage().arrayBuffers - before
  assert.ok(grown <= 2 * maxOutbox, `${Math.round(grown / mebibyte)} MiB more memory`)
}

function tellsOfChangesOnly({ states }: SuiteNode): void {
  assert.ok(
    states.every((state, i) => state !== (i === 0 ? 'up' : states[i - 1])),
    `told ${states.join(', ')}: each change once, and up it is from the start`
  )
}

/** An engine that is slow, and one that fails. */
export const faultCases: readonly ClusterAdapterCase[] = [
  clusterCase(
    'publish answers false when too much waits, and all that it took arrives',
    [],
    async (scene) => {
      const publisher = await scene.node()
      const member = await scene.node('t:a')
      const taken = fill(publisher, 't:a')
      assert.ok(taken >= 1 && taken * largeBytes <= maxOutbox, `${taken} were taken`)
      await publisher.publish('t:a', 'afterwards')
      await scene.until('the last arrives', () => member.texts('t:a').includes('afterwards'))
      assert.deepEqual(numbersOf(member), [...Array(taken).keys()])
    }
  ),

  clusterCase('an engine that cannot be reached makes start reject', ['kill', 'restore'], async (scene) => {
    await scene.kill()
    const node = scene.make()
    await assert.rejects(scene.inTime('start', node.adapter.start(node)))
    await scene.restore()
  }),

  clusterCase('an engine is killed, and another one takes its place', ['kill', 'restore'], async (scene) => {
    const channels = ['c', 't:a', 't:b']
    const nodes = [await scene.node(...channels), await scene.node(...channels)]
    const [publisher, member] = nodes as [SuiteNode, SuiteNode]
    await publisher.publish('c', 'before')
    for (const node of nodes) await scene.until('it works', () => node.texts('c').length === 1)
    await scene.kill()
    await scene.until('all are told', () => nodes.every((node) => node.isDown))
    await floods(publisher, 't:a')
    const subscribing = member.adapter.subscribe(['t:late'])
    // Whether it rejects now or is done later is the adapter's own affair.
    await settled(subscribing, 20)
    await scene.restore()
    await scene.until('all are told', () => nodes.every((node) => !node.isDown))
    await scene.settles('a subscription that was under way settles', subscribing)
    for (const node of nodes) await node.hearsItself(channels)
    await publisher.publish('t:b', 'again')
    await scene.until('messages travel again', () => member.texts('t:b').length > 0)
    assert.deepEqual(member.texts('t:b'), ['again'])
    for (const node of nodes) tellsOfChangesOnly(node)
  }),

  clusterCase('an engine is killed and back three times', ['kill', 'restore'], async (scene) => {
    const node = await scene.node('c')
    for (let i = 0; i < 3; i++) {
      await scene.kill()
      await scene.until('it is told', () => node.isDown)
      await scene.restore()
      await scene.until('it is told', () => !node.isDown)
    }
    await node.hearsItself(['c'])
    tellsOfChangesOnly(node)
  }),

  clusterCase('an engine stands still, and goes on', ['freeze', 'restore'], async (scene) => {
    const channels = ['c', 't:a', 't:b']
    const publisher = await scene.node()
    const member = await scene.node(...channels)
    await scene.freeze()
    const subscribing = member.adapter.subscribe(['t:late'])
    let isConfirmed = false
    subscribing.then(
      () => {
        isConfirmed = true
      },
      () => {}
    )
    for (const text of numbered('frozen', 100)) publisher.adapter.publish('t:b', Buffer.from(text))
    await floods(publisher, 't:a')
    await pause(50)
    assert.equal(isConfirmed, false, 'nothing is confirmed that the engine has not done')
    await scene.restore()
    await scene.settles('a subscription that was under way settles', subscribing)
    await scene.until('all are up', () => !publisher.isDown && !member.isDown)
    await member.hearsItself(channels)
    await publisher.publish('t:b', 'again')
    await scene.until('messages travel again', () => member.texts('t:b').at(-1) === 'again')
    const numbers = member.texts('t:b').slice(0, -1)
    // Adapters may give up an engine that does not answer, and lose what waited: not the order, and nothing twice.
    const expected = numbered('frozen', 100).filter((text) => numbers.includes(text))
    assert.deepEqual(numbers, expected)
    if (publisher.states.length + member.states.length === 0) assert.equal(numbers.length, 100)
    for (const node of [publisher, member]) tellsOfChangesOnly(node)
  }),

  clusterCase('to subscribe anew ends the deafness of a node', ['deafen'], async (scene) => {
    const channels = ['n:1', 't:a', 't:b']
    const publisher = await scene.node('t:a')
    const member = await scene.node(...channels)
    await scene.deafen(member)
    await publisher.publish('t:a', 'unheard')
    await scene.until('others hear it', () => publisher.texts('t:a').length === 1)
    await member.hearsItself(channels)
    await publisher.publish('t:a', 'heard')
    await scene.until('it hears others', () => member.texts('t:a').includes('heard'))
    await publisher.publish('t:b', 'once')
    await publisher.publish('t:a', 'end')
    await scene.until('the last arrives', () => member.texts('t:a').includes('end'))
    assert.deepEqual(member.texts('t:b'), ['once'])
    assert.equal(member.texts('t:a').filter((text) => text === 'heard').length, 1)
  })
]
