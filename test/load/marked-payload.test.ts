import t from 'tap'
import { MarkedPayload } from '../../lib/load/scenarios/marked-payload.js'

const mark = { id: 12345, room: 7, sender: 199 }

t.test('a mark is known again wherever a server has put it', async (t) => {
  const payload = new MarkedPayload({ payload: '{"body":"{id}","kind":1}', bytes: 0 }, 'ab12')
  const written = payload.write(mark)
  t.match(JSON.parse(written), { body: /^load/, kind: 1 })
  const { body } = JSON.parse(written)
  t.same(
    payload.read(Buffer.from(`[null,null,"a","b",{"from":"\u00e9","text":{"message":"${body}!"}}]`)),
    mark
  )
})

t.test('a payload has the size that was asked for, in bytes', async (t) => {
  const payload = new MarkedPayload({ payload: '{"é":"{id}"}', bytes: 300 }, 'ab12')
  t.equal(Buffer.byteLength(payload.write(mark)), 300)
  t.equal(Buffer.byteLength(payload.write({ ...mark, id: 1 })), 300)
})

t.test('what is no mark, or one of another load, is none of ours', async (t) => {
  const payload = new MarkedPayload({ payload: '{"text":"{id}"}', bytes: 0 }, 'ab12')
  const other = new MarkedPayload({ payload: '{"text":"{id}"}', bytes: 0 }, 'cd34')
  for (const text of [
    '',
    'loadab12-',
    'loadab12-1-2',
    'loadab12--1-2-',
    'loadab12-1-2-é-',
    other.write(mark)
  ]) {
    t.equal(payload.read(Buffer.from(text)), undefined, text)
  }
})
