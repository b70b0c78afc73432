import t from 'tap'
import { Presence } from '../../lib/presence/presence.js'
import type { PresenceDiff } from '../../lib/presence/types.js'
import { channelsOf, FakeChannel, FakeEndpoint, summary } from './helpers.js'

const halves = ({ joins, leaves }: PresenceDiff) => ({ joins: summary(joins), leaves: summary(leaves) })

t.test('what several channels change in one turn is told in one diff', async (t) => {
  const presence = new Presence()
  const [endpoint, a, b, c] = channelsOf('room:1', 3) as [FakeEndpoint, FakeChannel, FakeChannel, FakeChannel]
  presence.track(a, 'ann', { n: 1 })
  presence.track(b, 'bob', { n: 2 })
  t.same((await endpoint.diffs()).map(halves), [{ joins: { ann: [{ n: 1 }], bob: [{ n: 2 }] }, leaves: {} }])
  presence.track(c, 'ann', { n: 3 })
  presence.update(b, 'bob', { n: 4 })
  presence.untrack(a, 'ann')
  t.same((await endpoint.diffs()).map(halves), [
    { joins: { ann: [{ n: 3 }], bob: [{ n: 4 }] }, leaves: { bob: [{ n: 2 }], ann: [{ n: 1 }] } }
  ])
})

t.test('an update names the old meta as left, with the ref that the new one points back to', async (t) => {
  const presence = new Presence()
  const channel = new FakeChannel()
  presence.track(channel, 'ann', { n: 1 })
  await channel.endpoint.diffs()
  presence.update(channel, 'ann', { n: 2 })
  const [diff] = await channel.endpoint.diffs()
  t.equal(diff?.joins.ann?.metas[0]?.phx_ref_prev, diff?.leaves.ann?.metas[0]?.phx_ref)
})

t.test('each change of one channel is told, also within a turn', async (t) => {
  const presence = new Presence()
  const channel = new FakeChannel()
  presence.track(channel, 'ann', { n: 1 })
  presence.update(channel, 'ann', { n: 2 })
  presence.untrack(channel, 'ann')
  t.same((await channel.endpoint.diffs()).map(halves), [
    { joins: { ann: [{ n: 1 }] }, leaves: {} },
    { joins: { ann: [{ n: 2 }] }, leaves: { ann: [{ n: 1 }] } },
    { joins: {}, leaves: { ann: [{ n: 2 }] } }
  ])
})

t.test('all that a channel had under several keys goes in one diff', async (t) => {
  const presence = new Presence()
  const channel = new FakeChannel()
  presence.track(channel, 'ann', { n: 1 })
  presence.track(channel, 'bob', { n: 2 })
  channel.end()
  t.same((await channel.endpoint.diffs()).map(halves), [
    { joins: { ann: [{ n: 1 }] }, leaves: {} },
    { joins: { bob: [{ n: 2 }] }, leaves: {} },
    { joins: {}, leaves: { ann: [{ n: 1 }], bob: [{ n: 2 }] } }
  ])
})

t.test(
  'what a channel changes a hundred times in a turn is told a few times, and its end is the last',
  async (t) => {
    const presence = new Presence()
    const channel = new FakeChannel()
    presence.track(channel, 'ann', { n: 0 })
    for (let n = 1; n <= 100; n++) presence.update(channel, 'ann', { n })
    const diffs = (await channel.endpoint.diffs()).map(halves)
    t.ok(diffs.length < 20)
    t.same(diffs.at(-1)?.joins, { ann: [{ n: 100 }] })
    t.same(
      diffs.slice(1).map(({ leaves }) => leaves),
      diffs.slice(0, -1).map(({ joins }) => joins),
      'each takes up where the one before ended'
    )
  }
)

t.test('what a list has shown is told to have left, however much changes in the turn', async (t) => {
  const presence = new Presence()
  const [endpoint, ann, bob] = channelsOf('room:1', 2) as [FakeEndpoint, FakeChannel, FakeChannel]
  presence.track(ann, 'ann', {})
  for (let n = 1; n <= 30; n++) presence.update(ann, 'ann', { n })
  presence.track(bob, 'bob', {})
  void presence.list('room:1')
  presence.untrack(bob, 'bob')
  t.match((await endpoint.diffs()).at(-1), { joins: { ann: {}, bob: {} }, leaves: { bob: {} } })
})

t.test('topics are told on their own', async (t) => {
  const presence = new Presence()
  const endpoint = new FakeEndpoint()
  presence.track(new FakeChannel('room:1', endpoint), 'ann')
  presence.track(new FakeChannel('room:2', endpoint), 'ann')
  await new Promise(setImmediate)
  t.same(
    endpoint.told.map(({ topic, diff }) => [topic, Object.keys(diff.joins)]),
    [
      ['room:1', ['ann']],
      ['room:2', ['ann']]
    ]
  )
})

t.test('a channel can be tracked in another topic than its own', async (t) => {
  const presence = new Presence()
  const channel = new FakeChannel('room:1')
  presence.track(channel, 'ann', { n: 1 }, 'lobby')
  t.same(await presence.list('room:1'), {})
  t.equal(presence.update(channel, 'ann', { n: 2 }).ok, false)
  t.equal(presence.update(channel, 'ann', { n: 2 }, 'lobby').ok, true)
  t.same(summary(await presence.list('lobby')), { ann: [{ n: 2 }] })
  presence.untrack(channel, 'ann', 'lobby')
  t.same(await presence.list('lobby'), {})
  presence.track(channel, 'ann', {}, 'lobby')
  channel.end()
  t.same(await presence.list('lobby'), {})
})

t.test('trackers know nothing of each other', async (t) => {
  const [one, other] = [new Presence(), new Presence()]
  const channel = new FakeChannel()
  one.track(channel, 'ann', { of: 'one' })
  t.same(await other.list('room:1'), {})
  t.equal(other.track(channel, 'ann', { of: 'other' }).ok, true)
  t.same(
    (await channel.endpoint.diffs()).map(({ joins }) => summary(joins)),
    [{ ann: [{ of: 'one' }] }, { ann: [{ of: 'other' }] }]
  )
  channel.end()
  t.same((await channel.endpoint.diffs()).length, 2)
})

t.test('presences of several servers tell each of them', async (t) => {
  const presence = new Presence()
  const [here, there] = [new FakeChannel('room:1'), new FakeChannel('room:1')]
  presence.track(here, 'ann')
  await here.endpoint.diffs()
  presence.track(there, 'bob')
  for (const { endpoint } of [here, there]) {
    t.same(
      (await endpoint.diffs()).map(({ joins }) => Object.keys(joins)),
      [['bob']]
    )
  }
})

t.test('a broadcast that fails is logged, and the next one goes out', async (t) => {
  const presence = new Presence()
  class BrokenOnce extends FakeEndpoint {
    #broken = true

    override localBroadcast(topic: string, event: string, payload: object): void {
      if (this.#broken) {
        this.#broken = false
        throw new Error('broken')
      }
      super.localBroadcast(topic, event, payload)
    }
  }
  const channel = new FakeChannel('room:1', new BrokenOnce())
  presence.track(channel, 'ann')
  t.same(await channel.endpoint.diffs(), [])
  t.same(channel.log.messages('error'), ['broadcast of a presence diff failed'])
  presence.track(channel, 'bob')
  t.equal((await channel.endpoint.diffs()).length, 1)
})
