/** What clients use of node-datachannel, which only `webrtc/node-datachannel.ts` knows by name. */
export interface ClientLibrary {
  readonly PeerConnection: new (
    name: string,
    config: { iceServers: string[]; bindAddress?: string }
  ) => ClientPeer
}

/** A peer that makes the offer. */
export interface ClientPeer {
  createDataChannel(label: string): ClientDataChannel
  setRemoteDescription(sdp: string, type: 'answer'): void
  addRemoteCandidate(candidate: string, mid: string): void
  onLocalDescription(callback: (sdp: string) => void): void
  onLocalCandidate(callback: (candidate: string, mid: string) => void): void
  onStateChange(callback: (state: string) => void): void
  close(): void
}

export interface ClientDataChannel {
  sendMessage(text: string): boolean
  onOpen(callback: () => void): void
  onMessage(callback: (data: string | Buffer | ArrayBuffer) => void): void
  onClosed(callback: () => void): void
}
