import { once } from 'node:events'
import { type DataChannel, type DataChannelInitConfig, PeerConnection } from 'node-datachannel'
import type { CandidatePayload, DescriptionPayload } from './frames.js'
import type { PhoenixConnection } from './phoenix-connection.js'

const openLimitMs = 15_000

export interface OpenPeerOptions {
  /** Of the DataChannel; default `events`. */
  label?: string
  config?: DataChannelInitConfig
  /** Address of the client's peer. Default 127.0.0.1. */
  bindAddress?: string
}

/** A client's peer whose DataChannel is open. */
export interface PeerClient {
  channel: DataChannel
  /** Closes the peer; the connection stays. */
  close(): void
}

/**
 * Offers a peer over a channel that was joined, through the whole signalling, and resolves once the
 * DataChannel is open. Rejects, and leaves nothing behind, when the server refuses anything,
 * when the peer fails and when it takes longer than 15 s.
 */
export async function openPeer(
  connection: PhoenixConnection,
  userId: string,
  { label = 'events', config = {}, bindAddress = '127.0.0.1' }: OpenPeerOptions = {}
): Promise<PeerClient> {
  const peer = new PeerConnection(userId, { iceServers: [], bindAddress })
  const lost = new AbortController()
  const demandOk = (event: string, payload: DescriptionPayload | CandidatePayload): void =>
    connection.push(event, JSON.stringify(payload), ({ status, response }) => {
      if (status !== 'ok') lost.abort(new Error(`${event}: ${JSON.stringify(response)}`))
    })
  connection.onLost = (error) => lost.abort(error)
  const late = setTimeout(() => lost.abort(new Error(`${userId}: no open DataChannel`)), openLimitMs)

  // The callbacks for descriptions and candidates come in no fixed order; the offer has to go first.
  let offered = false
  const early: CandidatePayload[] = []
  peer.onLocalDescription((sdp) => {
    demandOk('webrtc:offer', { sdp, type: 'offer' })
    offered = true
    for (const candidate of early.splice(0)) demandOk('webrtc:ice', candidate)
  })
  peer.onLocalCandidate((text, sdpMid) => {
    const candidate = { candidate: text.replace(/^a=/, ''), sdpMid, sdpMLineIndex: 0 }
    if (offered) demandOk('webrtc:ice', candidate)
    else early.push(candidate)
  })
  peer.onStateChange((state) => {
    if (state === 'failed') lost.abort(new Error(`${userId}: the peer failed`))
  })
  // The library may have given up on a peer whose state says so only later.
  const attempt = (step: () => void): void => {
    try {
      step()
    } catch (error) {
      lost.abort(error)
    }
  }
  connection.on('webrtc:answer', (payload) => {
    attempt(() => peer.setRemoteDescription((payload as DescriptionPayload).sdp, 'answer'))
  })
  connection.on('webrtc:ice', (payload) => {
    const { candidate, sdpMid } = payload as CandidatePayload
    if (candidate !== '' && !lost.signal.aborted) attempt(() => peer.addRemoteCandidate(candidate, sdpMid))
  })

  const opened = new EventTarget()
  const channel = peer.createDataChannel(label, config)
  channel.onOpen(() => opened.dispatchEvent(new Event('open')))
  channel.onClosed(() => {})
  try {
    await once(opened, 'open', { signal: lost.signal })
  } catch {
    peer.close()
    throw lost.signal.reason
  } finally {
    clearTimeout(late)
  }
  return { channel, close: () => peer.close() }
}
