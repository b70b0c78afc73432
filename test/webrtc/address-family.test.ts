import t from 'tap'
import { canAdvertise } from '../../lib/webrtc/address-family.js'

t.test('a public address stands for a bound one of its own family alone', async (t) => {
  t.ok(canAdvertise('127.0.0.1', '203.0.113.7'))
  t.ok(canAdvertise('::1', '2001:db8::7'))
  t.notOk(canAdvertise('127.0.0.1', '2001:db8::7'))
  t.notOk(canAdvertise('0.0.0.0', '2001:db8::7'))
  t.notOk(canAdvertise('::1', '203.0.113.7'))
})

t.test(
  'a socket that is bound to every address, or to none in particular, may have either family',
  async (t) => {
    for (const bound of [undefined, '::', '0::0', '0:0:0:0:0:0:0:0']) {
      t.ok(canAdvertise(bound, '203.0.113.7'), `${bound}`)
      t.ok(canAdvertise(bound, '2001:db8::7'), `${bound}`)
    }
  }
)
