import t from 'tap'
import { sourceAddresses } from '../../lib/load/clients/source-addresses.js'
import { readSources } from '../../lib/load/options/addresses.js'

const here = ['ws://127.0.0.1:4000/socket']
const read = (...texts: string[]): string[] => readSources(texts, here)

t.test('addresses are given one by one, as ranges and as blocks', async (t) => {
  t.same(read('127.0.0.2'), ['127.0.0.2'])
  t.same(read('127.0.0.254-127.0.1.1, 127.0.0.9'), [
    '127.0.0.254',
    '127.0.0.255',
    '127.0.1.0',
    '127.0.1.1',
    '127.0.0.9'
  ])
  t.same(read('127.0.0.13/30', '::1'), ['127.0.0.12', '127.0.0.13', '127.0.0.14', '127.0.0.15', '::1'])
})

for (const text of [
  '',
  'here',
  '127.0.0.2-',
  '127.0.0.9-127.0.0.2',
  '127.0.0.1/33',
  '127.0.0.1/',
  '::1/64',
  '1-2-3',
  '127.0.0.1-127.0.0.3-9',
  '127.0.0.0/30/7'
]) {
  t.test(`${JSON.stringify(text)} is refused`, async (t) => {
    t.throws(() => read(text), {
      code: 'PHX_ERR_LOAD_OPTION',
      message: /^--source must be addresses of this machine/
    })
  })
}

t.test('more than can be of use are refused, before they fill the memory', async (t) => {
  t.throws(() => read('127.0.0.0/8'), { message: /^--source has \d+ addresses; 4096 may be given/ })
})

t.test('a server elsewhere cannot be reached from loopback', async (t) => {
  t.throws(() => readSources(['127.0.0.2'], [...here, 'wss://example.com/socket']), {
    code: 'PHX_ERR_LOAD_OPTION',
    message: '--source 127.0.0.2 is loopback: wss://example.com/socket cannot be reached from there'
  })
  t.same(readSources(['10.0.0.5'], ['ws://10.0.0.1/socket']), ['10.0.0.5'])
})

t.test(
  'where ports run out, loopback has more addresses',
  { skip: process.platform !== 'linux' && 'other systems have one' },
  async (t) => {
    const few = { urls: here, clients: 100, comeAgain: false }
    t.same(sourceAddresses(few), [], 'a few clients connect from where the system says')
    t.equal(sourceAddresses({ ...few, comeAgain: true })?.length, 20)
    const many = sourceAddresses({ ...few, clients: 200_000 }) ?? []
    t.ok(many.length > 3)
    t.equal(many[0], '127.0.0.1')
    t.equal(sourceAddresses({ ...few, clients: 200_000, urls: ['ws://10.0.0.1/socket'] }), undefined)
  }
)
