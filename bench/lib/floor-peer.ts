import { type DataChannel, PeerConnection } from 'node-datachannel'
import type { WebSocket } from 'ws'
import type { CandidatePayload, DescriptionPayload, Frame } from './frames.js'

type Signal = Partial<DescriptionPayload & CandidatePayload>

/**
 * What a floor needs to get a client's peer: every frame is replied ok, and an offer is answered. It is not
 * what is measured. `onChannel` gets each DataChannel with the topics that were joined before.
 */
export function acceptPeer(
  client: WebSocket,
  onChannel: (channel: DataChannel, topics: readonly string[]) => void
): void {
  let peer: PeerConnection | undefined
  const topics: string[] = []
  // A channel that nothing refers to is collected as garbage, and that closes it.
  const channels: DataChannel[] = []
  const send = (frame: Frame): void => client.send(JSON.stringify(frame))

  client.on('close', () => peer?.close())
  client.on('message', (bytes) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(String(bytes)) as Frame<Signal>
    send([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }])
    if (event === 'phx_join') topics.push(topic)
    if (event === 'webrtc:offer') {
      const made = new PeerConnection(topic, { iceServers: [], bindAddress: '127.0.0.1' })
      peer = made
      made.onDataChannel((channel) => {
        channels.push(channel)
        // Without this one the library keeps the channel after it was closed.
        channel.onClosed(() => {})
        onChannel(channel, topics)
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
