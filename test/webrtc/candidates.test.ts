import { isIP } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import {
  advertiseCandidate,
  formatCandidate,
  parseCandidate,
  readCandidate
} from '../../lib/webrtc/candidates.js'
import { fakeCandidate } from '../fixtures/fake-peer.js'

const read = (candidate: unknown, rest: object = {}) =>
  readCandidate({ candidate, sdpMid: '0', ...rest }).kind

t.test('a UDP candidate with an IP address is valid', async (t) => {
  t.equal(read('candidate:1 1 UDP 2122317823 127.0.0.1 40000 typ host'), 'valid')
  t.equal(read('a=candidate:1 1 udp 2122317823 ::1 40000 typ host'), 'valid')
  t.equal(
    read(
      'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.2 rport 46154 generation 0 ufrag EEtu network-cost 999'
    ),
    'valid'
  )
})

t.test('what browsers take is valid, however odd', async (t) => {
  const odd = {
    'a line end': `${fakeCandidate(40_000)}\r\n`,
    'a line feed': `${fakeCandidate(40_000)}\n`,
    'white space around it': `  \t${fakeCandidate(40_000)}  `,
    'an SDP line': `a=${fakeCandidate(40_000)}\r\n`,
    'a negative foundation': 'candidate:-1234567 1 udp 2122317823 127.0.0.1 40000 typ host',
    'a long foundation': `candidate:${'f'.repeat(40)} 1 udp 2122317823 127.0.0.1 40000 typ host`,
    'a foundation of other characters': 'candidate:{a-b_c.d} 1 udp 2122317823 127.0.0.1 40000 typ host',
    'white space between the fields': 'candidate:1  1 \t udp 2122317823   127.0.0.1 40000 typ  host',
    'other case': 'Candidate:1 1 Udp 2122317823 127.0.0.1 40000 TYP Host',
    'a priority of 0': 'candidate:1 1 udp 0 127.0.0.1 40000 typ host',
    'the highest priority': 'candidate:1 1 udp 4294967295 127.0.0.1 40000 typ host',
    'a tcptype': `${fakeCandidate(40_000)} tcptype passive`,
    'unknown attributes': `${fakeCandidate(40_000)} generation 0 ufrag x network-id 3 foo bar`,
    'an attribute without a value': `${fakeCandidate(40_000)} generation`,
    'an attribute that is not ASCII': `${fakeCandidate(40_000)} name é`,
    'a null in related fields': `${fakeCandidate(40_000)} raddr 0.0.0.0 rport 0`
  }
  for (const [name, candidate] of Object.entries(odd)) {
    t.equal(read(candidate), 'valid', name)
    t.equal(readCandidate({ candidate, sdpMid: null, sdpMLineIndex: 0 }).kind, 'valid', name)
    const reading = parseCandidate(candidate)
    t.match(
      reading.kind === 'valid' && formatCandidate(reading.candidate),
      /^candidate:[A-Za-z0-9+/]{1,32} 1 UDP \d+ 127\.0\.0\.1 40000 typ host$/,
      name
    )
  }
})

t.test('an empty candidate is the end of candidates, and so is null', async (t) => {
  for (const candidate of ['', ' ', '\r\n', null]) t.equal(read(candidate), 'empty')
  t.equal(readCandidate({ candidate: null, sdpMid: null, sdpMLineIndex: null }).kind, 'empty')
})

t.test('what the server has no use for is ignored', async (t) => {
  const ignored = {
    mdns: 'candidate:1 1 udp 2113937151 6b0e5e9d-8f0e-4c1c-9f3f-0a2b3c4d5e6f.local 40000 typ host',
    hostName: 'candidate:1 1 udp 2113937151 example.org 40000 typ host',
    zone: 'candidate:1 1 udp 2113937151 fe80::1%eth0 40000 typ host',
    tcp: 'candidate:1 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active',
    rtcp: 'candidate:1 2 udp 2113937150 127.0.0.1 40001 typ host',
    unspecified: fakeCandidate(40_000, '0.0.0.0'),
    unspecified6: fakeCandidate(40_000, '::'),
    multicast: fakeCandidate(40_000, '224.0.0.251'),
    multicast6: fakeCandidate(40_000, 'ff02::fb'),
    broadcast: fakeCandidate(40_000, '255.255.255.255')
  }
  for (const [name, candidate] of Object.entries(ignored)) t.equal(read(candidate), 'ignored', name)
})

t.test('what is no candidate is invalid', async (t) => {
  const invalid = [
    'garbage',
    'candidate:',
    'candidate:1 1 UDP 2122317823 127.0.0.1 40000',
    'candidate:1 1 UDP 2122317823 127.0.0.1 40000 typ nothing',
    'candidate:1 0 UDP 2122317823 127.0.0.1 40000 typ host',
    'candidate:1 1 UDP 4294967296 127.0.0.1 40000 typ host',
    'candidate:1 1 UDP 1 127.0.0.1 65536 typ host',
    'candidate:1 1 UDP 1 127.0.0.1 0 typ host',
    'candidate:1 1 UDP 1 $(id) 40000 typ host',
    `candidate:1 1 UDP 1 127.0.0.1 40000 typ host\r\na=candidate:2 1 UDP 1 127.0.0.1 40001 typ host`,
    `${fakeCandidate(40_000)} ${'x'.repeat(2000)}`,
    `candidate:1 1 UDP 1 127.0.0.1 40000 typ host\nv=0`,
    `candidate:1 1 UDP 1 127.0.0.1\n40000 typ host`,
    'candidate:1 1 UDP -1 127.0.0.1 40000 typ host',
    'candidate:1 1 UDP 1 127.0.0.1 -1 typ host',
    'candidate:1 1 UDP 1 127.0.0.1 40000 host',
    'candidate: 1 UDP 1 127.0.0.1 40000 typ host',
    '1 1 UDP 1 127.0.0.1 40000 typ host',
    'null',
    undefined,
    42,
    [],
    {}
  ]
  for (const candidate of invalid) t.equal(read(candidate), 'invalid', JSON.stringify(candidate))
})

t.test('the other fields may be missing or null, and are invalid with another type', async (t) => {
  const candidate = fakeCandidate(40_000)
  t.equal(readCandidate({ candidate }).kind, 'valid')
  t.equal(read(candidate, { sdpMid: null, sdpMLineIndex: null, usernameFragment: null }), 'valid')
  t.equal(read(candidate, { sdpMLineIndex: 0, usernameFragment: 'frag' }), 'valid')
  for (const sdpMid of [0, {}, 'x'.repeat(65)]) t.equal(read(candidate, { sdpMid }), 'invalid')
  for (const sdpMLineIndex of [-1, 1.5, '0', 65_536]) t.equal(read(candidate, { sdpMLineIndex }), 'invalid')
  for (const usernameFragment of [1, [], 'x'.repeat(257)]) {
    t.equal(read(candidate, { usernameFragment }), 'invalid')
  }
  for (const payload of [undefined, null, 'candidate', 1, true]) {
    t.equal(readCandidate(payload).kind, 'invalid')
  }
})

t.test('what goes on to native code is written anew, without what stood behind the type', async (t) => {
  const reading = parseCandidate(
    'a=candidate:7 1 udp 99 203.0.113.7 46154 typ srflx raddr 10.0.0.2 rport 1 x y'
  )
  t.equal(
    reading.kind === 'valid' && formatCandidate(reading.candidate),
    'candidate:7 1 UDP 99 203.0.113.7 46154 typ srflx'
  )
})

t.test('no oddity of a candidate gets past what is written anew', async () => {
  const plain =
    /^candidate:[A-Za-z0-9+/]{1,32} 1 UDP \d{1,10} [0-9A-Fa-f.:]+ \d{1,5} typ (?:host|srflx|prflx|relay)$/
  const gap = fc.constantFrom(' ', '  ', '\t', '\n', '\r\n', '\0', '')
  const field = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.integer().map(String))
  const some = (...usual: string[]) => fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 9 }, field)
  const candidate = fc
    .tuple(
      some('candidate:', 'a=candidate:', 'Candidate:'),
      some('1', '-1', 'f'.repeat(40)),
      some('1', '01'),
      some('udp', 'UDP', 'uDp'),
      some('2122317823', '0'),
      some('127.0.0.1', '::1', '::ffff:127.0.0.1'),
      some('40000', '00001'),
      some('typ', 'TYP'),
      some('host', 'SRFLX', 'relay', 'prflx'),
      fc.string(),
      fc.array(gap, { minLength: 10, maxLength: 10 })
    )
    .map(([prefix, ...rest]) => {
      const gaps = rest.pop() as string[]
      return (
        prefix + rest.map((part, index) => part + ((gaps[index] ?? '') || (index < 8 ? ' ' : ''))).join('')
      )
    })
  fc.assert(
    fc.property(candidate, (text) => {
      const reading = parseCandidate(text)
      if (reading.kind !== 'valid') return true
      const written = formatCandidate(reading.candidate)
      const again = parseCandidate(written)
      return plain.test(written) && again.kind === 'valid' && formatCandidate(again.candidate) === written
    }),
    { numRuns: 2000 }
  )
})

t.test('no input throws, and only IP addresses are valid', async () => {
  const field = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain(), fc.nat().map(String))
  const line = fc
    .tuple(field, field, fc.constantFrom('udp', 'tcp', 'UDP', 'x'), field, field, field)
    .map(([a, b, c, d, e, f]) => `candidate:${a} ${b} ${c} ${d} ${e} ${f} typ host`)
  const almost = fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string()), fc.nat())
    .map(([address, port]) => fakeCandidate(port, address))
  fc.assert(
    fc.property(fc.oneof(line, almost, fc.string()), (text) => {
      const reading = parseCandidate(text)
      return reading.kind !== 'valid' || isIP(reading.candidate.address) !== 0
    })
  )
  fc.assert(fc.property(fc.anything(), (payload) => typeof readCandidate(payload).kind === 'string'))
})

t.test('host candidates are advertised with the public address of their family', async (t) => {
  const ipv4 = 'candidate:1 1 UDP 1 10.0.0.2 40000 typ host'
  const ipv6 = 'candidate:1 1 UDP 1 fd00::2 40000 typ host'
  t.equal(advertiseCandidate(ipv4, ['203.0.113.7']), 'candidate:1 1 UDP 1 203.0.113.7 40000 typ host')
  t.equal(advertiseCandidate(ipv6, ['203.0.113.7']), undefined)
  const both = ['203.0.113.7', '2001:db8::7']
  t.equal(advertiseCandidate(ipv4, both), 'candidate:1 1 UDP 1 203.0.113.7 40000 typ host')
  t.equal(advertiseCandidate(ipv6, both), 'candidate:1 1 UDP 1 2001:db8::7 40000 typ host')
  const reflexive = 'candidate:1 1 UDP 1 198.51.100.1 40000 typ srflx raddr 10.0.0.2 rport 40000'
  t.equal(advertiseCandidate(reflexive, both), reflexive)
  t.equal(advertiseCandidate('candidate:odd', both), 'candidate:odd')
})
