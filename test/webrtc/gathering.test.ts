import t from 'tap'
import { Gathering } from '../../lib/webrtc/gathering.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { createLoopbackFactory, NativeClient } from '../fixtures/native-client.js'
import { summary } from '../fixtures/peer-session.js'
import { StunServer } from '../fixtures/stun-server.js'

t.test('looks come often at first, then once a second, and end with the last candidate', async (t) => {
  const clock = new FakeClock()
  let looks = 0
  let mayCome = true
  new Gathering(clock, () => {
    looks++
    return mayCome
  })
  clock.advance(20)
  t.equal(looks, 1)
  clock.advance(180)
  t.equal(looks, 6)
  clock.advance(60_000)
  t.same(clock.delays, [1000])
  mayCome = false
  clock.advance(1000)
  t.equal(clock.pending, 0)
})

t.test('no look comes after the end', async (t) => {
  const clock = new FakeClock()
  const gathering = new Gathering(clock, () => t.fail('a look'))
  gathering.stop()
  clock.advance(60_000)
  t.equal(clock.pending, 0)
})

t.test('a candidate that a STUN server brings follows the answer when it comes', async (t) => {
  const server = await StunServer.listen('203.0.113.7', 40_404)
  t.teardown(() => server.close())
  const factory = await createLoopbackFactory({ iceServers: [{ urls: server.url }] })
  const client = new NativeClient({ factory })
  const [events] = await client.connect(['events'])
  const isCandidate = ({ event }: { event: string }): boolean => event === 'webrtc:ice'
  t.equal(client.pushed.filter(isCandidate).length, 1, 'that of the machine is there at once')
  t.equal(summary(client.pushed)[0], 'webrtc:answer')
  server.open()
  const { payload } = await client.pushes(({ payload }) => / typ srflx/.test(String(payload.candidate)))
  t.match(payload, {
    candidate: /^candidate:\S+ 1 UDP \d+ 203\.0\.113\.7 40404 /,
    sdpMid: '0',
    sdpMLineIndex: 0
  })
  t.equal(client.pushed.filter(isCandidate).length, 2, 'and each is told once')
  t.match(await events?.call('p', 'f', [1]), { data: [1] })
  client.session.end()
  client.disconnect()
})

t.test('the answer names no address, and candidates are not in it', async (t) => {
  const factory = await createLoopbackFactory()
  const client = new NativeClient({ factory })
  await client.connect(['events'])
  const { payload } = await client.pushes(({ event }) => event === 'webrtc:answer')
  t.match(payload.sdp, /^m=application 9 /m)
  t.match(payload.sdp, /^c=IN IP4 0\.0\.0\.0\r$/m)
  t.notMatch(payload.sdp, /candidate/)
  client.session.end()
  client.disconnect()
})
