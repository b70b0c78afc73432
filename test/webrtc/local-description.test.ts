import t from 'tap'
import { readLocalDescription } from '../../lib/webrtc/local-description.js'

const lines = (...text: string[]): string => [...text, ''].join('\r\n')

t.test('candidates are taken out of a description, and with them the best address so far', async (t) => {
  const text = lines(
    'v=0',
    'o=rtc 1 0 IN IP4 127.0.0.1',
    'm=audio 0 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=inactive',
    'a=mid:audio',
    'a=candidate:1 1 UDP 2114977791 192.0.2.1 40001 typ host',
    'm=application 40001 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP6 2001:db8::1',
    'a=mid:data',
    'a=setup:active',
    'a=candidate:2 1 UDP 1678769919 203.0.113.7 40002 typ srflx raddr 0.0.0.0 rport 0',
    'a=end-of-candidates'
  )
  t.same(readLocalDescription(text), {
    sdp: lines(
      'v=0',
      'o=rtc 1 0 IN IP4 127.0.0.1',
      'm=audio 0 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 0.0.0.0',
      'a=inactive',
      'a=mid:audio',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'c=IN IP4 0.0.0.0',
      'a=mid:data',
      'a=setup:active'
    ),
    candidates: [
      'candidate:1 1 UDP 2114977791 192.0.2.1 40001 typ host',
      'candidate:2 1 UDP 1678769919 203.0.113.7 40002 typ srflx raddr 0.0.0.0 rport 0'
    ],
    mid: 'data'
  })
})

t.test('a description without candidates stays as it is', async (t) => {
  const text = lines(
    'v=0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=ice-options:ice2,trickle'
  )
  t.same(readLocalDescription(text), { sdp: text, candidates: [], mid: '0' })
})
