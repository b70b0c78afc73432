import * as fc from 'fast-check'
import t from 'tap'
import { makeTracked } from '../../lib/presence/meta.js'
import { Roster } from '../../lib/presence/roster.js'

const keys = fc.constantFrom('ann', 'bob', '', '__proto__', 'constructor', '"', 'ü\u2028')

const step = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete', 'read'),
  key: keys,
  holder: fc.integer({ min: 0, max: 2 }),
  meta: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 })
})

t.test('the text of a roster is the JSON of its state, whatever was changed when', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const roster = new Roster()
      let ref = 0
      for (const { kind, key, holder, meta } of steps) {
        if (kind === 'set') roster.set(holder, makeTracked('room:1', key, meta, { phx_ref: `${ref++}` }))
        if (kind === 'delete') roster.delete(key, holder)
        if (kind !== 'read') continue
        const expected = JSON.stringify(roster.toState())
        if (roster.text !== expected) throw new Error(`${roster.text} is not ${expected}`)
      }
      return roster.text === JSON.stringify(roster.toState())
    })
  )
})

t.test('a state is the caller’s to change', async (t) => {
  const roster = new Roster()
  roster.set(1, makeTracked('room:1', 'ann', { n: 1 }, { phx_ref: 'a' }))
  const state = roster.toState()
  state.ann?.metas.pop()
  state.bob = { metas: [] }
  t.same(roster.toState(), { ann: { metas: [{ n: 1, phx_ref: 'a' }] } })
})
