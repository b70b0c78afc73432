import t from 'tap'
import { addressKey } from '../../lib/limits/address-key.js'

t.test('an IPv4 client counts by its address, however that is written', async (t) => {
  for (const text of [
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '::FFFF:c000:0201',
    '0:0:0:0:0:ffff:192.0.2.1',
    '192.0.2.1:50000',
    '[::ffff:192.0.2.1]:50000'
  ]) {
    t.equal(addressKey(text), '192.0.2.1', text)
  }
  t.not(addressKey('192.0.2.2'), addressKey('192.0.2.1'))
})

t.test('an IPv6 client counts by its /64, however that is written', async (t) => {
  const key = addressKey('2001:db8:0:1::1')
  for (const text of [
    '2001:DB8::1:0:0:0:2',
    '2001:0db8:0000:0001:ffff:ffff:ffff:ffff',
    '2001:db8:0:1::192.0.2.1',
    '2001:db8:0:1::1%eth0',
    '2001:db8:0:1::1%25eth0',
    '[2001:db8:0:1::9]:443'
  ]) {
    t.equal(addressKey(text), key, text)
  }
  t.not(addressKey('2001:db8:0:2::1'), key)
  t.not(addressKey('2001:db8:1:1::1'), key)
  t.equal(addressKey('::1'), addressKey('::'))
  t.equal(addressKey('fe80::1%eth0'), addressKey('fe80::2%wlan0'))
})

t.test('what is no address is one client', async (t) => {
  const [first, ...others] = [
    '',
    'unknown',
    '_hidden',
    'x'.repeat(8192),
    `2001:db8::${'0'.repeat(8192)}`,
    `::1%${'z'.repeat(8192)}`,
    '300.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    ':::',
    '1.2.3.4, 5.6.7.8',
    '[1.2.3.4',
    undefined
  ].map((text) => addressKey(text))
  for (const key of others) t.equal(key, first)
  t.ok(String(first).length < 20)
})
