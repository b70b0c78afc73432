/** What clients use of node-datachannel, which only `webrtc/node-datachannel.ts` knows by name. */
export interface ClientLibrary {
  readonly PeerConnection: new (
    name: string,
    config: { iceServers: string[]; bindAddress?: string }
  ) => ClientPeer
}

/** A peer that makes the offer. */
export interface ClientPeer {
  createDataChannel(label: string, config?: ClientDataChannelConfig): ClientDataChannel
  setRemoteDescription(sdp: string, type: 'answer'): void
  addRemoteCandidate(candidate: string, mid: string): void
  onLocalDescription(callback: (sdp: string) => void): void
  onLocalCandidate(callback: (candidate: string, mid: string) => void): void
  onStateChange(callback: (state: string) => void): void
  close(): void
}

/** As in RTCDataChannelInit, but for `unordered`, which is the other way round. */
export interface ClientDataChannelConfig {
  readonly protocol?: string
  readonly unordered?: boolean
  readonly maxRetransmits?: number
}

export interface ClientDataChannel {
  sendMessage(text: string): boolean
  sendMessageBinary(bytes: Uint8Array): boolean
  isOpen(): boolean
  onOpen(callback: () => void): void
  onMessage(callback: (data: string | Buffer | ArrayBuffer) => void): void
  onClosed(callback: () => void): void
  close(): void
}
