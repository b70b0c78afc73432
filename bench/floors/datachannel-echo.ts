/**
 * The least that a hook call over a DataChannel can cost: node-datachannel by itself, which parses the
 * message, takes the first argument out of it and answers with a reply of the same shape as ours.
 * The signalling is what the load needs to get through, over a bare `ws`: it is not what is measured.
 */
import { type DataChannel, PeerConnection } from 'node-datachannel'
import { type WebSocket, WebSocketServer } from 'ws'
import type { CandidatePayload, DescriptionPayload, Frame, HookCallPayload } from '../lib/frames.js'
import { runFloor } from '../lib/program.js'

type Signal = Partial<DescriptionPayload & CandidatePayload>

function answer(channel: DataChannel): void {
  channel.onMessage((message) => {
    const call = JSON.parse(String(message)) as HookCallPayload & { id: number }
    const { plugin, fn, args, id } = call
    channel.sendMessage(JSON.stringify({ type: 'hook_reply', plugin, fn, data: args[0], id }))
  })
}

function signal(client: WebSocket): void {
  let peer: PeerConnection | undefined
  // A channel that nothing refers to is collected as garbage, and that closes it.
  const channels: DataChannel[] = []
  const send = (frame: Frame): void => client.send(JSON.stringify(frame))

  client.on('close', () => peer?.close())
  client.on('message', (bytes) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(String(bytes)) as Frame<Signal>
    send([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }])
    if (event === 'webrtc:offer') {
      const made = new PeerConnection(topic, { iceServers: [], bindAddress: '127.0.0.1' })
      peer = made
      made.onDataChannel((channel) => {
        channels.push(channel)
        answer(channel)
      })
      // Without this one the library keeps the peer after it was closed.
      made.onStateChange(() => {})
      // Addresses of one loopback interface are known at once: the answer carries them all.
      made.onGatheringStateChange((state) => {
        const description = made.localDescription()
        if (state === 'complete' && description) send([joinRef, null, topic, 'webrtc:answer', description])
      })
      made.setRemoteDescription(payload.sdp ?? '', 'offer')
    } else if (event === 'webrtc:ice') {
      peer?.addRemoteCandidate(payload.candidate ?? '', payload.sdpMid ?? '')
    }
  })
}

await runFloor((address) => {
  const server = new WebSocketServer(address)
  server.on('connection', signal)
  return server
})
