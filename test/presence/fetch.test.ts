import t from 'tap'
import { Presence } from '../../lib/presence/presence.js'
import type { PresenceFetch, PresenceState } from '../../lib/presence/types.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { deferred, settled } from '../fixtures/test-socket.js'
import { channelsOf, FakeChannel } from './helpers.js'

const names: PresenceFetch = (_topic, entries) =>
  Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [key, { ...entry, name: key.toUpperCase() }])
  )

const asyncNames: PresenceFetch = async (topic, entries) => {
  await settled()
  return names(topic, entries)
}

for (const [how, fetch] of Object.entries({ sync: names, async: asyncNames })) {
  t.test(`what ${how} fetch adds is in lists, single entries, states and both halves of diffs`, async (t) => {
    const onDiff = deferred<unknown>()
    const presence = new Presence({ fetch, onDiff: (_topic, diff) => onDiff.resolve(diff) })
    const channel = new FakeChannel()
    presence.track(channel, 'ann', { n: 1 })
    const entry = { metas: [{ n: 1, phx_ref: String }], name: 'ANN' }
    t.match(await presence.list('room:1'), { ann: entry })
    t.match(await presence.get('room:1', 'ann'), entry)
    t.match(await onDiff.promise, { joins: { ann: entry }, leaves: {} })
    await presence.pushState(channel)
    t.match(channel.states, [{ ann: entry }])
    presence.untrack(channel, 'ann')
    await settled()
    await settled()
    t.match(await channel.endpoint.diffs(), [{ joins: { ann: entry } }, { leaves: { ann: entry } }])
  })
}

t.test('many keys are fetched at once, and nothing for nobody', async (t) => {
  const fetched: string[][] = []
  const presence = new Presence({
    fetch(_topic, entries) {
      fetched.push(Object.keys(entries))
      return entries
    }
  })
  const [endpoint, ...channels] = channelsOf('room:1', 3)
  for (const [index, key] of ['ann', 'bob', 'cid'].entries())
    presence.track(channels[index] as FakeChannel, key)
  await endpoint.diffs()
  t.same(await presence.list('room:2'), {})
  t.equal(await presence.get('room:1', 'dan'), undefined)
  await presence.list('room:1')
  t.same(fetched, [
    ['ann', 'bob', 'cid'],
    ['ann', 'bob', 'cid']
  ])
})

t.test('fetch may change the entries it is given', async (t) => {
  const presence = new Presence({
    fetch(_topic, entries) {
      for (const entry of Object.values(entries)) entry.seen = ((entry.seen as number) ?? 0) + 1
      return entries
    }
  })
  const channel = new FakeChannel()
  presence.track(channel, 'ann')
  await presence.list('room:1')
  t.match(await presence.list('room:1'), { ann: { seen: 1 } })
})

const failures: Record<string, () => PresenceState | Promise<PresenceState>> = {
  throws() {
    throw new Error('broken')
  },
  rejects: () => Promise.reject(new Error('broken')),
  'returns nothing': () => undefined as unknown as PresenceState,
  'returns entries without metas': () => ({ ann: {} }) as unknown as PresenceState,
  'returns metas that are none': () => ({ ann: { metas: [null] } }) as unknown as PresenceState
}

for (const [how, fetch] of Object.entries(failures)) {
  t.test(`where fetch ${how}, lists reject, and clients are told without it`, async (t) => {
    const presence = new Presence({ fetch })
    const channel = new FakeChannel()
    presence.track(channel, 'ann', { n: 1 })
    await t.rejects(presence.list('room:1'))
    await t.rejects(presence.get('room:1', 'ann'))
    await presence.pushState(channel)
    t.match(channel.states, [{ ann: { metas: [{ n: 1 }] } }])
    t.match(await channel.endpoint.diffs(), [{ joins: { ann: { metas: [{ n: 1 }] } } }])
    t.same(channel.log.messages('error'), [
      'presence_state goes out without what fetch adds',
      'fetch for a presence diff failed'
    ])
  })
}

t.test('what fetch adds and has no JSON is left out of what clients are told', async (t) => {
  const presence = new Presence({ fetch: () => ({ ann: { metas: [], big: 1n } }) })
  const channel = new FakeChannel()
  presence.track(channel, 'ann', { n: 1 })
  await presence.pushState(channel)
  t.match(channel.states, [{ ann: { metas: [{ n: 1 }] } }])
  t.match(await channel.endpoint.diffs(), [{ joins: { ann: { metas: [{ n: 1 }] } } }])
})

t.test('a key that fetch leaves out is not there', async (t) => {
  const presence = new Presence({ fetch: () => ({}) })
  presence.track(new FakeChannel(), 'constructor')
  t.equal(await presence.get('room:1', 'constructor'), undefined)
})

t.test('a fetch that never comes back counts as failed when its time is up', async (t) => {
  const clock = new FakeClock()
  const presence = new Presence({ clock, fetchTimeoutMs: 1_000, fetch: () => new Promise(() => {}) })
  const channel = new FakeChannel()
  presence.track(channel, 'ann', { n: 1 })
  const listed = presence.list('room:1')
  const pushed = presence.pushState(channel)
  t.same(await channel.endpoint.diffs(), [])
  presence.track(channel, 'bob', { n: 2 })
  clock.advance(1_000)
  await t.rejects(listed, { code: 'PHX_ERR_PRESENCE_FETCH_TIMEOUT' })
  await pushed
  t.match(channel.states, [{ ann: { metas: [{ n: 1 }] }, bob: { metas: [{ n: 2 }] } }])
  t.match(await channel.endpoint.diffs(), [{ joins: { ann: { metas: [{ n: 1 }] } } }])
  clock.advance(1_000)
  t.match(await channel.endpoint.diffs(), [{ joins: { bob: { metas: [{ n: 2 }] } } }])
  t.equal(clock.pending, 0)
})

t.test('a slow fetch of one topic does not hold up another', async (t) => {
  const slow = deferred()
  const presence = new Presence({
    async fetch(topic, entries) {
      if (topic === 'room:slow') await slow.promise
      return entries
    }
  })
  const channel = new FakeChannel('room:slow')
  const other = new FakeChannel('room:quick')
  presence.track(channel, 'ann')
  presence.track(other, 'ann')
  t.equal((await other.endpoint.diffs()).length, 1)
  t.equal((await channel.endpoint.diffs()).length, 0)
  slow.resolve()
  t.equal((await channel.endpoint.diffs()).length, 1)
})

t.test('diffs of a topic are told in order, and merged while a fetch is under way', async (t) => {
  const fetches: (() => void)[] = []
  const presence = new Presence({
    async fetch(_topic, entries) {
      await new Promise<void>((resolve) => fetches.push(resolve))
      return entries
    }
  })
  const channel = new FakeChannel()
  presence.track(channel, 'ann', { n: 0 })
  await settled()
  for (let n = 1; n <= 100; n++) {
    presence.update(channel, 'ann', { n })
    await settled()
  }
  t.equal(fetches.length, 1, 'one fetch at a time')
  for (let step = 0; step < 20; step++) {
    for (const resolve of fetches.splice(0)) resolve()
    await settled()
  }
  const diffs = await channel.endpoint.diffs()
  t.match(diffs[0], { joins: { ann: { metas: [{ n: 0 }] } } })
  t.match(diffs[1], { joins: { ann: { metas: [{ n: 1 }] } }, leaves: { ann: { metas: [{ n: 0 }] } } })
  t.match(diffs.at(-1)?.joins, { ann: { metas: [{ n: 100 }] } })
  t.ok(diffs.length < 20)
})

t.test('a list knows what was told while it was fetched', async (t) => {
  const lists = deferred()
  let hold = true
  const presence = new Presence({
    async fetch(topic, entries) {
      if (hold) await lists.promise
      return names(topic, entries)
    }
  })
  const [ann, bob] = [new FakeChannel(), new FakeChannel()]
  hold = false
  presence.track(ann, 'ann', { n: 1 })
  presence.track(bob, '__proto__', { n: 2 })
  presence.track(bob, 'bob', { n: 3 })
  await ann.endpoint.diffs()
  hold = true
  const listed = presence.list('room:1')
  const pushed = presence.pushState(ann)
  const got = presence.get('room:1', 'bob')
  hold = false
  presence.untrack(ann, 'ann')
  presence.update(bob, '__proto__', { n: 4 })
  presence.update(bob, 'bob', { n: 5 })
  presence.track(ann, 'bob', { n: 6 })
  t.ok((await ann.endpoint.diffs()).length > 0, 'the diffs do not wait for the list')
  lists.resolve()
  const truth = await presence.list('room:1')
  t.strictSame(await listed, truth)
  await pushed
  t.strictSame(ann.states, [JSON.parse(JSON.stringify(truth))])
  t.strictSame(await got, truth.bob)
  t.match(truth.bob, { name: 'BOB', metas: [{ n: 5 }, { n: 6 }] })
})

t.test('wrong options are named', async (t) => {
  for (const options of [
    { fetch: 1 },
    { onDiff: 'x' },
    { clock: {} },
    { fetchTimeoutMs: -1 },
    { fetchTimeoutMs: 1.5 },
    { fetchTimeoutMs: 2 ** 31 }
  ]) {
    t.throws(() => new Presence(options as object), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: new RegExp(Object.keys(options)[0] as string)
    })
  }
})
