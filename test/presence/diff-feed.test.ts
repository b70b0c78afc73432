import t from 'tap'
import { DiffFeed } from '../../lib/presence/diff-feed.js'
import { Tracker } from '../../lib/presence/tracker.js'
import { settled } from '../fixtures/test-socket.js'
import { FakeChannel } from './helpers.js'

function start() {
  const tracker: Tracker = new Tracker((topic, change) => feed.add(topic, change))
  const feed = new DiffFeed({
    fetcher: undefined,
    onDiff: undefined,
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
