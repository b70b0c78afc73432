import fc from 'fast-check'
import t from 'tap'
import { maxCandidates, maxOfferBytes, readOffer } from '../../lib/webrtc/offer-sdp.js'
import { fakeCandidate, fakeOffer } from '../fixtures/fake-peer.js'

const invalid = { code: 'PHX_ERR_WEBRTC_INVALID_SDP' }

t.test('an offer of DataChannels is taken', async (t) => {
  const offer = readOffer(fakeOffer())
  t.equal(offer.sdp, fakeOffer())
  t.same(offer.transportSection, { index: 0, mid: undefined })
  t.equal(offer.toAnswer('answer'), 'answer')
  t.same([...offer.usernameFragments], ['frag'])
})

t.test('line ends of every kind are taken', async (t) => {
  for (const end of ['\n', '\r']) t.equal(readOffer(fakeOffer().replaceAll('\r\n', end)).sdp, fakeOffer())
})

t.test('what is no offer of DataChannels is refused', async (t) => {
  const good = fakeOffer()
  const data = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'
  const cases: Record<string, unknown> = {
    missing: undefined,
    'a number': 5,
    'an object': { sdp: good },
    empty: '',
    garbage: 'garbage',
    'no version': good.replace('v=0\r\n', ''),
    'no data section': good.replace(data, 'm=audio 9 UDP/TLS/RTP/SAVPF 111'),
    'a data section that is switched off': good.replace(data, data.replace(' 9 ', ' 0 ')),
    'another protocol': good.replace('UDP/DTLS/SCTP', 'RTP/AVP'),
    'a malformed media line': good.replace(data, 'm='),
    'a port out of range': good.replace(data, data.replace(' 9 ', ' 70000 ')),
    'two data sections': `${good}${good.slice(good.indexOf('m='))}`,
    'no user fragment': good.replace(/a=ice-ufrag.*\r\n/, ''),
    'a malformed user fragment': good.replace('ufrag:frag', 'ufrag:a b'),
    'no password': good.replace(/a=ice-pwd.*\r\n/, ''),
    'a short password': good.replace(/a=ice-pwd.*\r\n/, 'a=ice-pwd:short\r\n'),
    'no fingerprint': good.replace(/a=fingerprint.*\r\n/, ''),
    'a malformed fingerprint': good.replace('AB:AB', 'AB:XY'),
    'a NUL': good.replace('s=-', 's=\0'),
    'too long': `${good}${'a=x\r\n'.repeat(maxOfferBytes / 5)}`,
    'too many lines': good + 'a=setup:actpass\r\n'.repeat(200),
    'too many sections': good + 'm=audio 9 RTP/AVP 0\r\n'.repeat(16)
  }
  for (const [name, sdp] of Object.entries(cases)) t.throws(() => readOffer(sdp), invalid, name)
})

t.test('candidates are taken out of the offer, host names left out', async (t) => {
  const offer = readOffer(
    fakeOffer([
      fakeCandidate(40_000),
      fakeCandidate(40_000),
      fakeCandidate(40_001, 'abc.local'),
      'candidate:garbage',
      'end-of-candidates'
    ])
  )
  t.equal(offer.sdp, fakeOffer())
  t.match(offer.candidates, [{ address: '127.0.0.1', port: 40_000 }])
  t.equal(offer.candidates.length, 1)
  t.equal(offer.ignoredCandidates, 2)
})

t.test('the number of candidates in an offer is bounded', async (t) => {
  const offer = readOffer(
    fakeOffer(Array.from({ length: 1000 }, (_, index) => fakeCandidate(10_000 + index)))
  )
  t.equal(offer.candidates.length, maxCandidates)
  t.equal(offer.ignoredCandidates, 1000 - maxCandidates)
})

t.test('what means nothing to DataChannels does not reach native code', async (t) => {
  const lines = ['b=AS:30', 'i=info', 'a=', 'a=extmap:1 urn:x', 'a=x-bomb:1', 'a=midday:1', 'x', ' ', '=']
  const offer = readOffer(fakeOffer().replaceAll('\r\n', `\r\n${lines.join('\r\n')}\r\n`))
  t.equal(offer.sdp, fakeOffer())
})

t.test('media beside the DataChannels is turned down', async (t) => {
  const data = fakeOffer()
  const at = data.indexOf('m=')
  const audio =
    'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=ice-ufrag:other\r\na=rtpmap:111 opus/48000\r\n'
  const offer = readOffer(data.slice(0, at) + audio + data.slice(at))
  t.match(
    offer.sdp,
    'm=audio 0 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:a\r\nm=application 9'
  )
  t.same(offer.transportSection, { index: 1, mid: undefined })
  t.equal(offer.toAnswer('answer'), 'answer')
})

const transport = ['a=ice-ufrag:frag', 'a=ice-pwd:passwordpasswordpassword', 'a=setup:actpass']
const bundled = (data: string[], group = 'a=group:BUNDLE a v d') =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    group,
    `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
    'c=IN IP4 0.0.0.0',
    'a=mid:a',
    ...transport,
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 useinbandfec=1',
    'a=rtpmap:0 PCMU/8000',
    'm=video 0 UDP/TLS/RTP/SAVPF 96',
    'a=bundle-only',
    'a=mid:v',
    ...data,
    'c=IN IP4 0.0.0.0',
    'a=mid:d',
    'a=sctp-port:5000',
    ''
  ].join('\r\n')
const bundleOnly = ['m=application 0 UDP/DTLS/SCTP webrtc-datachannel', 'a=bundle-only']
const withPort = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'

t.test('a data section that has no transport of its own gets that of the first of its bundle', async (t) => {
  const forms = {
    'bundle-only': bundleOnly,
    'bundle-only, with attributes': [...bundleOnly, ...transport],
    'with the same user fragment': [withPort, ...transport],
    'without a user fragment': [withPort]
  }
  for (const [name, form] of Object.entries(forms)) {
    const offer = readOffer(bundled(form))
    t.match(offer.sdp, `${withPort}\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000`, name)
    t.ok(offer.sdp.endsWith(`\r\n${transport.join('\r\n')}\r\n`), name)
    t.match(
      offer.sdp,
      'm=audio 0 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:a\r\n',
      name
    )
    t.notMatch(offer.sdp, /rtpmap|fmtp|rtcp-mux|bundle-only/, name)
    t.same(offer.transportSection, { index: 0, mid: 'a' }, name)
  }
})

t.test('the first of a bundle stays in it, inactive, and all other media is turned down', async (t) => {
  const own = ['a=setup:active', 'a=ice-ufrag:mine', 'a=ice-pwd:minemineminemineminemine']
  const turnedDown = (media: string, mid: string) => [
    `m=${media} 0 UDP/TLS/RTP/SAVPF 111 0`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    'a=inactive',
    ...own
  ]
  const session = ['v=0', 'o=rtc 1 0 IN IP4 127.0.0.1', 's=-', 't=0 0']
  const rest = [...turnedDown('video', 'v'), withPort, 'a=mid:d', 'a=sctp-port:5000', ...own, '']
  const answer = [...session, 'a=group:BUNDLE d', ...turnedDown('audio', 'a'), ...rest].join('\r\n')
  t.same(readOffer(bundled(bundleOnly)).toAnswer(answer).split('\r\n'), [
    ...session,
    'a=group:BUNDLE a d',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=mid:a',
    'a=inactive',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 useinbandfec=1',
    ...own,
    ...rest
  ])
})

t.test('a data section with a transport of its own keeps it, and media is turned down', async (t) => {
  const own = ['a=ice-ufrag:other', 'a=ice-pwd:otherotherotherotherother', 'a=setup:actpass']
  for (const sdp of [
    bundled([withPort, ...own]),
    bundled([withPort, ...transport], 'a=group:BUNDLE d a'),
    bundled([withPort, ...transport], 'a=group:BUNDLE d'),
    bundled([withPort, ...transport], 'a=group:LS a d')
  ]) {
    const offer = readOffer(sdp)
    t.same(offer.transportSection, { index: 2, mid: undefined })
    t.equal(offer.toAnswer('answer'), 'answer')
  }
})

t.test('a bundle-only data section without a bundle, or one that is turned off, is refused', async (t) => {
  const first = 'm=audio 9 '
  const cases: Record<string, string> = {
    'no group': bundled(bundleOnly, 'a=x'),
    'a group without it': bundled(bundleOnly, 'a=group:BUNDLE a v'),
    'a group of another kind': bundled(bundleOnly, 'a=group:LS a d'),
    'a group that begins with it': bundled(bundleOnly, 'a=group:BUNDLE d a'),
    'a group that begins with nothing': bundled(bundleOnly, 'a=group:BUNDLE x d'),
    'a group that begins with what is turned off': bundled(bundleOnly).replace(first, 'm=audio 0 '),
    'a bundle-only first': bundled(bundleOnly, 'a=group:BUNDLE v d'),
    'turned off': bundled([withPort.replace(' 9 ', ' 0 '), ...transport]),
    'a transport without a password': bundled(bundleOnly).replace(/a=ice-pwd.*\r\n/, '')
  }
  for (const [name, sdp] of Object.entries(cases)) t.throws(() => readOffer(sdp), invalid, name)
})

t.test('garbage is refused and nothing else is thrown', async () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...fakeOffer([fakeCandidate(1)]).split('\r\n'),
      ...bundled(bundleOnly).split('\r\n'),
      'a=group:BUNDLE',
      'm=',
      'm=audio 9 RTP/AVP 0',
      'a='
    ),
    fc.string()
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.array(line).map((lines) => `v=0\r\n${lines.join('\r\n')}`)
      ),
      (sdp) => {
        try {
          const offer = readOffer(sdp)
          return offer.sdp.includes('m=application') && offer.toAnswer(offer.sdp).includes('m=')
        } catch (err) {
          return (err as { code?: string }).code === invalid.code
        }
      }
    )
  )
})
