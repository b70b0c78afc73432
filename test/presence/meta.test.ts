import t from 'tap'
import { Presence } from '../../lib/presence/presence.js'
import { channelsOf, FakeChannel, summary } from './helpers.js'

t.test('a meta that is no object is refused and changes nothing', async (t) => {
  const [endpoint, channel] = channelsOf('room:1', 1) as [ReturnType<typeof channelsOf>[0], FakeChannel]
  const presence = new Presence()
  const rejected = Promise.reject(new Error('unhandled'))
  for (const meta of ['text', 1, null, [1], Buffer.from('x'), true, new Date(), new Map(), rejected]) {
    t.throws(() => presence.track(channel, 'ann', meta as object), { code: 'PHX_ERR_PRESENCE_META' })
  }
  t.same(await presence.list('room:1'), {})
  presence.track(channel, 'ann', { n: 1 })
  t.throws(() => presence.update(channel, 'ann', [] as object), { code: 'PHX_ERR_PRESENCE_META' })
  const promising = async () => {
    throw new Error('unhandled')
  }
  t.throws(() => presence.update(channel, 'ann', promising), {
    code: 'PHX_ERR_PRESENCE_META',
    message: /no object, but a promise/
  })
  t.same(summary(await presence.list('room:1')), { ann: [{ n: 1 }] })
  t.equal((await endpoint.diffs()).length, 1)
})

t.test('a meta that has no JSON is refused, so that it cannot break the lists of others', async (t) => {
  const channel = new FakeChannel()
  const presence = new Presence()
  const circular: { self?: unknown } = {}
  circular.self = circular
  for (const meta of [{ big: 1n }, circular, { toJSON: () => 'text' }, { toJSON: () => undefined }]) {
    t.throws(() => presence.track(channel, 'ann', meta), { code: 'PHX_ERR_PRESENCE_META' })
  }
  t.same(await presence.list('room:1'), {})
})

t.test('refs that a meta brings along give way to those of the tracker', async (t) => {
  const channel = new FakeChannel()
  const presence = new Presence()
  const forged = { n: 1, phx_ref: 'mine', phx_ref_prev: { not: 'text' } }
  const tracked = presence.track(channel, 'ann', forged)
  const ref = tracked.ok ? tracked.ref : undefined
  t.not(ref, 'mine')
  t.strictSame(await presence.get('room:1', 'ann'), { metas: [{ n: 1, phx_ref: ref }] })
  const updated = presence.update(channel, 'ann', forged)
  t.strictSame(await presence.get('room:1', 'ann'), {
    metas: [{ n: 1, phx_ref: updated.ok && updated.ref, phx_ref_prev: ref }]
  })
})

t.test('a field called __proto__ is a field', async (t) => {
  const channel = new FakeChannel()
  const presence = new Presence()
  presence.track(channel, 'ann', JSON.parse('{"__proto__":{"admin":true}}'))
  const [meta] = (await presence.get('room:1', 'ann'))?.metas ?? []
  t.equal(meta?.admin, undefined)
  t.equal(Object.getPrototypeOf(meta), Object.prototype)
  await presence.pushState(channel)
  t.match(JSON.stringify(channel.states[0]), '"__proto__":{"admin":true}')
})

t.test('metas cannot be changed behind the back of what was told', async (t) => {
  const channel = new FakeChannel()
  const presence = new Presence()
  const given = { n: 1 }
  presence.track(channel, 'ann', given)
  given.n = 2
  const [meta] = (await presence.get('room:1', 'ann'))?.metas ?? []
  t.throws(() => Object.assign(meta as object, { n: 3 }), TypeError)
  t.match(await presence.get('room:1', 'ann'), { metas: [{ n: 1 }] })
})
