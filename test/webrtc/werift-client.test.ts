import t from 'tap'
import { RTCPeerConnection } from 'werift'
import { createLoopbackFactory } from '../fixtures/native-client.js'
import { join, ok } from '../fixtures/peer-session.js'
import { decodeAnswer, jsonCall } from '../fixtures/rtc-envelope.js'

const factory = await createLoopbackFactory()
const candidateLine = /^a=(candidate:.*)\r\n/gm

/** A client that shares no code with the server: another implementation of all of WebRTC. */
async function createClient(protocol = '', bundlePolicy?: 'max-compat' | 'max-bundle') {
  const connection = new RTCPeerConnection({
    ...(bundlePolicy && { bundlePolicy }),
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1']
  })
  if (bundlePolicy !== undefined) connection.addTransceiver('audio')
  const channel = connection.createDataChannel('events', { protocol })
  const { session, pushed } = join({
    factory,
    onPush: ({ event, payload }) => {
      if (event === 'webrtc:answer')
        connection.setRemoteDescription(payload as { type: 'answer'; sdp: string })
      if (event === 'webrtc:ice') connection.addIceCandidate(payload)
    }
  })
  await connection.setLocalDescription(await connection.createOffer())
  const transports = [...connection.iceTransports]
  const sdp = connection.localDescription?.sdp ?? ''
  const candidates = [...sdp.matchAll(candidateLine)]
    .map(([, candidate]) => candidate as string)
    .filter((candidate) => candidate.includes(' 127.0.0.1 '))
  const opened = channel.stateChanged.watch((state) => state === 'open')
  const end = async () => {
    session.end()
    await connection.close()
    // Closing leaves the sockets of those that the bundle made superfluous, and they would keep this process.
    for (const transport of transports) await transport.stop()
  }
  return { channel, session, pushed, sdp: sdp.replace(candidateLine, ''), candidates, opened, end }
}

async function callsHook(channel: {
  send(data: string): void
  onMessage: { asPromise(): Promise<unknown[]> }
}) {
  const message = channel.onMessage.asPromise()
  channel.send('{"type":"call_hook","plugin":"p","fn":"f","args":[1]}')
  return String((await message)[0])
}

t.test('a client that sends its candidates one by one calls a hook', async (t) => {
  const { session, sdp, candidates, opened, channel, end } = await createClient()
  t.same(await session.offer({ type: 'offer', sdp }), ok)
  t.ok(candidates.length > 0)
  for (const candidate of candidates) {
    t.same(session.candidate({ candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null }), ok)
  }
  t.same(session.candidate({ candidate: '', sdpMid: '0' }), ok)
  await opened
  t.equal(await callsHook(channel), '{"type":"hook_reply","plugin":"p","fn":"f","data":[1]}')
  await end()
})

t.test('a client whose DataChannel is protobuf calls a hook', async (t) => {
  const { session, sdp, candidates, opened, channel, end } = await createClient('protobuf')
  await session.offer({ type: 'offer', sdp })
  for (const candidate of candidates) session.candidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 })
  await opened
  const message = channel.onMessage.asPromise()
  channel.send(jsonCall(1, 'p', 'f', [1]))
  t.same(decodeAnswer((await message)[0]), { id: 1, json: [1] })
  await end()
})

t.test('a client that has all candidates in its offer calls a hook', async (t) => {
  const { session, sdp, candidates, opened, channel, end } = await createClient()
  const lines = candidates.map((candidate) => `a=${candidate}\r\n`).join('')
  t.same(await session.offer({ type: 'offer', sdp: `${sdp}${lines}a=end-of-candidates\r\n` }), ok)
  await opened
  t.equal(await callsHook(channel), '{"type":"hook_reply","plugin":"p","fn":"f","data":[1]}')
  await end()
  t.equal(factory.size, 0)
})

for (const bundlePolicy of ['max-bundle', 'max-compat'] as const) {
  t.test(`a client with media and the policy ${bundlePolicy} calls a hook`, async (t) => {
    const { session, sdp, candidates, opened, channel, end } = await createClient('', bundlePolicy)
    t.same(await session.offer({ type: 'offer', sdp }), ok)
    for (const candidate of candidates) session.candidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 })
    await opened
    t.equal(await callsHook(channel), '{"type":"hook_reply","plugin":"p","fn":"f","data":[1]}')
    await end()
  })
}
