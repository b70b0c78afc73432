import t from 'tap'
import { applyDiffs } from '../../lib/presence/apply-diff.js'
import { DiffFeed } from '../../lib/presence/diff-feed.js'
import { makeTracked } from '../../lib/presence/meta.js'
import { Tracker } from '../../lib/presence/tracker.js'
import type { PresenceOptions } from '../../lib/presence/types.js'
import { settled } from '../fixtures/test-socket.js'
import { FakeChannel } from './helpers.js'

function start(onDiff?: PresenceOptions['onDiff']) {
  const tracker: Tracker = new Tracker((topic, change) => feed.add(topic, change))
  const feed = new DiffFeed({
    fetcher: undefined,
    onDiff,
    isPresent: (topic) => tracker.roster(topic) !== undefined
  })
  return { tracker, feed }
}

t.test('nothing is kept of a topic that everybody has left', async (t) => {
  const { tracker, feed } = start()
  const channel = new FakeChannel()
  tracker.track(channel, 'room:1', 'ann', {})
  feed.addOutlet('room:1', channel)
  await settled()
  t.equal(feed.size, 1)
  tracker.untrackAll(channel)
  t.equal(feed.size, 1, 'the leave is still to be told')
  await settled()
  t.equal(feed.size, 0)
  t.equal(channel.endpoint.told.length, 2)
})

t.test('a topic is kept while it is followed', async (t) => {
  const { tracker, feed } = start()
  const channel = new FakeChannel()
  tracker.track(channel, 'room:1', 'ann', {})
  const following = feed.follow('room:1')
  tracker.untrackAll(channel)
  await settled()
  tracker.track(channel, 'room:1', 'bob', {})
  await settled()
  t.match(following.diffs, [{ joins: { ann: {} } }, { leaves: { ann: {} } }, { joins: { bob: {} } }])
  tracker.untrackAll(channel)
  await settled()
  t.equal(feed.size, 1)
  following.stop()
  t.equal(feed.size, 0)
})

t.test('a list of nobody keeps nothing', async (t) => {
  const { feed } = start()
  feed.seen('room:1')
  feed.follow('room:2').stop()
  t.equal(feed.size, 0)
})

t.test('a diff holds own changes, or those of other nodes', async (t) => {
  const told: string[] = []
  const { tracker, feed } = start((_topic, { joins }, { local }) => {
    told.push(`${local ? 'own' : 'other'}: ${Object.keys(joins)}`)
  })
  feed.addOutlet('room:1', new FakeChannel())
  let refs = 0
  const remote = (key: string) => makeTracked('room:1', key, {}, { phx_ref: `r${refs++}` })
  tracker.track({}, 'room:1', 'ann', {})
  tracker.setRemote({}, remote('bob'))
  tracker.setRemote({}, remote('cid'))
  tracker.track({}, 'room:1', 'dan', {})
  await settled()
  t.same(told.splice(0), ['own: ann', 'other: bob,cid', 'own: dan'])
  for (let i = 0; i < 100; i++) {
    tracker.setRemote({}, remote(`other${i}`))
    tracker.track({}, 'room:1', `own${i}`, {})
  }
  await settled()
  t.ok(told.length < 20, 'a crowd is merged')
  t.ok(told.every((line) => (line.startsWith('own') ? !line.includes('other') : !line.includes('own'))))
  t.equal(told.join().match(/own\d/g)?.length, 100)
  t.equal(told.join().match(/other\d/g)?.length, 100)
})

t.test(
  'a topic that nobody here listens to costs nothing, and what others have there is listed',
  async (t) => {
    const { tracker, feed } = start()
    const { endpoint, log } = new FakeChannel()
    const heard = new Set(['room:1'])
    feed.attach({ endpoint, log, isHeard: (topic) => heard.has(topic) })
    for (const topic of ['room:1', 'room:2']) {
      tracker.setRemote({}, makeTracked(topic, 'ann', {}, { phx_ref: topic }))
    }
    await settled()
    t.same(
      endpoint.told.map(({ topic }) => topic),
      ['room:1']
    )
    t.equal(feed.size, 0)
    t.ok(tracker.roster('room:2'))
  }
)

t.test(
  'who leaves and comes back within one diff is there, and leaves for good with the next change',
  async (t) => {
    const { tracker, feed } = start()
    const channel = new FakeChannel()
    feed.addOutlet('room:1', channel)
    const node = { owner: {}, tracked: makeTracked('room:1', 'ann', {}, { phx_ref: 'r' }) }
    tracker.setRemote(node.owner, node.tracked)
    await settled()
    const crowd = (name: string): void => {
      const owner = {}
      const tracked = (i: number) => makeTracked('room:1', name, {}, { phx_ref: `${name}${i}` })
      tracker.setRemote(owner, tracked(0))
      for (let i = 1; i < 20; i++) tracker.setRemote(owner, tracked(i), tracked(i - 1))
    }
    const held = () => {
      const diffs = channel.endpoint.told.map(({ diff }) => diff)
      return Object.keys(applyDiffs({}, diffs)).sort().join()
    }
    crowd('bob')
    tracker.removeRemote(node.owner, node.tracked)
    tracker.setRemote(node.owner, node.tracked)
    await settled()
    t.equal(held(), 'ann,bob')
    crowd('cid')
    tracker.removeRemote(node.owner, node.tracked)
    tracker.setRemote(node.owner, node.tracked)
    tracker.removeRemote(node.owner, node.tracked)
    await settled()
    t.equal(held(), 'bob,cid')
  }
)
