import fc from 'fast-check'
import t from 'tap'
import { maxCandidates, maxOfferBytes, readOffer } from '../../lib/webrtc/offer.js'
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

t.test('garbage is refused and nothing else is thrown', async () => {
  const line = fc.oneof(
    fc.constantFrom(...fakeOffer([fakeCandidate(1)]).split('\r\n'), 'm=', 'm=audio 9 RTP/AVP 0', 'a='),
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
          return readOffer(sdp).sdp.includes('m=application')
        } catch (err) {
          return (err as { code?: string }).code === invalid.code
        }
      }
    )
  )
})
