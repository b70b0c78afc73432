import t from 'tap'
import { encodeReply } from '../../../lib/hooks/schemas.js'
import { stringify, stringifyScalar } from '../../../lib/protocol/serializer/json.js'

const texts = [
  '',
  'user:1',
  'room:päckchen',
  'quote " in it',
  'back \\ slash',
  'new \n line',
  'tab \t and \u0000',
  'delete \u007f',
  'emoji 😀',
  'half \ud800 of one',
  '\udc00',
  'separators \u2028\u2029',
  'replaced \ufffd'
]

t.test('a ref, topic or event has the JSON that any value has', async (t) => {
  for (const text of [...texts, 'x'.repeat(64), 'x'.repeat(65)])
    t.equal(stringifyScalar(text), stringify(text))
  for (const value of [null, true, false, 0, -1.5, 1e21]) t.equal(stringifyScalar(value), stringify(value))
  t.throws(() => stringifyScalar(undefined as never), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
})

t.test('a text that a hook returns has the JSON that it has in a list, however long it is', async (t) => {
  for (const length of [1, 255, 256, 257, 5000]) {
    for (const text of [...texts, 'x']) {
      const filled = `${text}${'sixteen bytes ok'.repeat(400).slice(0, Math.max(0, length - text.length))}`
      t.equal(`[${encodeReply(filled)}]`, stringify([filled]))
    }
  }
})
