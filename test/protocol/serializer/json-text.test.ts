import t from 'tap'
import { defineChannel } from '../../../lib/channel/channel.js'
import { JsonText, stringify } from '../../../lib/protocol/serializer/json.js'
import { ok, TestSocket } from '../../fixtures/test-socket.js'

t.test('JSON text is sent as it is, and parsed once for who wants its value', async (t) => {
  const payload = new JsonText('{"n": 1}')
  t.equal(stringify(payload), '{"n": 1}')
  t.same(payload.value, { n: 1 })
  t.equal(payload.value, payload.value)
})

t.test('a value that is at hand is not parsed again', async (t) => {
  const value = { n: 1 }
  t.equal(new JsonText('{"n":1}', value).value, value)
})

t.test(
  'a broadcast that travels as JSON text reaches handlers as a value and clients as it is',
  async (t) => {
    const seen: unknown[] = []
    const room = defineChannel({
      join(_params, channel) {
        channel.subscribe('news')
        return ok
      },
      handleOut: {
        secret(payload) {
          seen.push(payload)
        }
      },
      handleInfo({ payload }) {
        seen.push(payload)
      }
    })
    const client = new TestSocket({ channels: { 'room:*': room } })
    client.join('room:1')
    client.sent()
    client.endpoint.broadcast('room:1', 'secret', new JsonText('{"n":1}'))
    client.endpoint.broadcast('news', 'any', new JsonText('{"n":2}'))
    client.endpoint.broadcast('room:1', 'open', new JsonText('{"n":3}'))
    t.same(await client.sentSoon(), [[null, null, 'room:1', 'open', { n: 3 }]])
    t.same(seen, [{ n: 1 }, { n: 2 }])
  }
)
