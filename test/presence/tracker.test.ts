import t from 'tap'
import { type Change, Tracker } from '../../lib/presence/tracker.js'

function track() {
  const changes: [topic: string, change: Change][] = []
  const tracker = new Tracker((topic, change) => changes.push([topic, change]))
  return { tracker, changes }
}

t.test('an owner is tracked once under each key of a topic', async (t) => {
  const { tracker, changes } = track()
  const owner = {}
  const first = tracker.track(owner, 'room:1', 'ann', { n: 1 })
  t.match(first, { n: 1, phx_ref: String })
  t.equal(tracker.track(owner, 'room:1', 'ann', { n: 2 }), undefined)
  t.ok(tracker.track(owner, 'room:1', 'bob', {}), 'another key')
  t.ok(tracker.track(owner, 'room:2', 'ann', {}), 'another topic')
  t.ok(tracker.track({}, 'room:1', 'ann', { n: 3 }), 'another owner')
  t.match(tracker.roster('room:1')?.metas('ann'), [{ n: 1 }, { n: 3 }], 'the oldest comes first')
  t.equal(changes.length, 4)
})

t.test('refs are unique', async (t) => {
  const { tracker } = track()
  const refs = Array.from({ length: 100 }, (_, i) => tracker.track({}, 'room:1', `u${i}`, {})?.phx_ref)
  t.equal(new Set(refs).size, 100)
})

t.test('an update replaces the meta and names the ref before', async (t) => {
  const { tracker, changes } = track()
  const owner = {}
  const first = tracker.track(owner, 'room:1', 'ann', { n: 1, old: true })
  const second = tracker.update(owner, 'room:1', 'ann', () => ({ n: 2 }))
  t.strictSame(second, { n: 2, phx_ref: second?.phx_ref, phx_ref_prev: first?.phx_ref })
  t.not(second?.phx_ref, first?.phx_ref)
  t.match(changes[1], ['room:1', { joined: { meta: second }, left: { meta: first } }])
  t.strictSame(tracker.roster('room:1')?.metas('ann'), [second])
})

t.test('an updating function gets what the application gave, without refs', async (t) => {
  const { tracker } = track()
  const owner = {}
  tracker.track(owner, 'room:1', 'ann', { n: 1 })
  const add = (meta: { n?: number }) => ({ ...meta, n: (meta.n ?? 0) + 1 })
  tracker.update(owner, 'room:1', 'ann', add)
  tracker.update(owner, 'room:1', 'ann', (meta) => {
    t.strictSame(meta, { n: 2 })
    return add(meta)
  })
  t.match(tracker.roster('room:1')?.metas('ann'), [{ n: 3 }])
})

t.test('an updating function that throws or gives no object changes nothing', async (t) => {
  const { tracker, changes } = track()
  const owner = {}
  tracker.track(owner, 'room:1', 'ann', { n: 1 })
  t.throws(
    () =>
      tracker.update(owner, 'room:1', 'ann', () => {
        throw new Error('no')
      }),
    { message: 'no' }
  )
  t.throws(() => tracker.update(owner, 'room:1', 'ann', () => null as unknown as object), {
    code: 'PHX_ERR_PRESENCE_META'
  })
  t.equal(changes.length, 1)
  t.match(tracker.roster('room:1')?.metas('ann'), [{ n: 1 }])
})

t.test('an updating function may untrack or update what it updates', async (t) => {
  const { tracker } = track()
  const owner = {}
  tracker.track(owner, 'room:1', 'ann', { n: 1 })
  tracker.update(owner, 'room:1', 'ann', () => {
    tracker.update(owner, 'room:1', 'ann', () => ({ n: 2 }))
    return { n: 3 }
  })
  t.match(tracker.roster('room:1')?.metas('ann'), [{ n: 3 }])
  const updated = tracker.update(owner, 'room:1', 'ann', () => {
    tracker.untrack(owner, 'room:1', 'ann')
    return { n: 4 }
  })
  t.equal(updated, undefined)
  t.equal(tracker.roster('room:1'), undefined)
  t.equal(tracker.owners, 0)
})

t.test('what is not tracked cannot be updated or untracked', async (t) => {
  const { tracker, changes } = track()
  const owner = {}
  tracker.track(owner, 'room:1', 'ann', {})
  t.equal(
    tracker.update({}, 'room:1', 'ann', () => ({})),
    undefined
  )
  t.equal(
    tracker.update(owner, 'room:1', 'bob', () => ({})),
    undefined
  )
  tracker.untrack({}, 'room:1', 'ann')
  tracker.untrack(owner, 'room:1', 'constructor')
  tracker.untrack(owner, 'room:2', 'ann')
  tracker.untrackAll({})
  t.equal(changes.length, 1)
})

t.test('nothing is kept of what was untracked', async (t) => {
  const { tracker, changes } = track()
  const [first, second] = [{}, {}]
  tracker.track(first, 'room:1', 'ann', {})
  tracker.track(first, 'room:2', 'ann', {})
  tracker.track(second, 'room:1', 'ann', {})
  tracker.untrack(second, 'room:1', 'ann')
  t.equal(tracker.roster('room:1')?.metas('ann').length, 1)
  tracker.untrackAll(first)
  t.equal(tracker.roster('room:1'), undefined)
  t.equal(tracker.roster('room:2'), undefined)
  t.equal(tracker.owners, 0)
  t.equal(changes.filter(([, { left }]) => left !== undefined).length, 3)
})
