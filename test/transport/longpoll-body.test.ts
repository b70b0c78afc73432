import t from 'tap'
import { splitBody } from '../../lib/transport/longpoll-body.js'

const ndjson = 'application/x-ndjson'
const text = (body: string) => ({ data: Buffer.from(body), isBinary: false })

t.test('no body is no message', async (t) => {
  t.same([...splitBody(undefined, ndjson)], [])
})

t.test('a body of another type is one text message, line ends and all', async (t) => {
  t.same([...splitBody(Buffer.from('["1"]\n["2"]'), 'application/json')], [text('["1"]\n["2"]')])
  t.same([...splitBody(Buffer.from('x'), undefined)], [text('x')])
})

t.test('a batch is a message for each line', async (t) => {
  t.same(
    [...splitBody(Buffer.from('["1"]\n["2"]\r\n["ä"]'), ndjson)],
    [text('["1"]'), text('["2"]'), text('["ä"]')]
  )
})

t.test('a line that does not start as an array is bytes in base64', async (t) => {
  const bytes = Buffer.from([0, 1, 2, 255])
  t.same(
    [...splitBody(Buffer.from(`["1"]\n${bytes.toString('base64')}`), ndjson)],
    [text('["1"]'), { data: bytes, isBinary: true }]
  )
})

t.test('lines are taken one by one, so that a body of a million of them costs nothing ahead', async (t) => {
  const body = Buffer.alloc(1024 * 1024, '\n')
  const before = process.memoryUsage().heapUsed
  const [first] = splitBody(body, ndjson)
  t.same(first, { data: Buffer.alloc(0), isBinary: true })
  t.ok(process.memoryUsage().heapUsed - before < 10 * 1024 * 1024)
})
