import t from 'tap'
import { readAsk } from '../../lib/history/recovery.js'

const epoch = 'x'.repeat(64)

t.test('what asks for nothing', async (t) => {
  for (const params of [undefined, null, {}, [], 'phx_recover', 1, { other: 1 }, Buffer.from('a')]) {
    t.equal(readAsk(params), undefined)
  }
  t.equal(readAsk(Object.create({ phx_recover: {} })), undefined, 'what is inherited is not said')
})

t.test('what is asked for', async (t) => {
  t.same(readAsk({ phx_recover: {} }), { since: undefined, client: undefined })
  t.same(readAsk({ phx_recover: { client: 'c' } }), { since: undefined, client: 'c' })
  t.same(readAsk({ phx_recover: { epoch, offset: 0 } }), { since: { epoch, offset: 0 }, client: undefined })
  const whole = { epoch: 'e', offset: Number.MAX_SAFE_INTEGER, client: 'c'.repeat(64) }
  t.same(readAsk({ phx_recover: { ...whole, recovered: true, count: 2 } }), {
    since: { epoch: 'e', offset: Number.MAX_SAFE_INTEGER },
    client: whole.client
  })
})

t.test('what nobody can tell', async (t) => {
  const malformed: unknown[] = [
    null,
    true,
    1,
    'now',
    [],
    { epoch: 'e' },
    { offset: 1 },
    { epoch: '', offset: 1 },
    { epoch: `${epoch}x`, offset: 1 },
    { epoch: 1, offset: 1 },
    { epoch: 'e', offset: -1 },
    { epoch: 'e', offset: 1.5 },
    { epoch: 'e', offset: '1' },
    { epoch: 'e', offset: null },
    { epoch: 'e', offset: 2 ** 53 },
    { epoch: null, offset: null },
    { client: '' },
    { client: 'c'.repeat(65) },
    { client: 1 },
    { client: null },
    { epoch: 'e', offset: 1, client: {} },
    JSON.parse('{"__proto__":{"epoch":"e","offset":1},"epoch":"e"}')
  ]
  for (const asked of malformed) t.equal(readAsk({ phx_recover: asked }), null, JSON.stringify(asked))
})
