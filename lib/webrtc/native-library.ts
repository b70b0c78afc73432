import { guard as guardCallback } from '../guard.js'
import type { Logger } from '../util/logger.js'

/** What is used of a peer connection of node-datachannel. */
export interface NativePeerConnection {
  createDataChannel(label: string): NativeChannel
  setLocalDescription(): void
  setRemoteDescription(sdp: string, type: 'offer'): void
  addRemoteCandidate(candidate: string, mid: string): void
  localDescription(): { sdp: string } | null
  gatheringState(): string
  getSelectedCandidatePair(): { local: NativeCandidate; remote: NativeCandidate } | null
  rtt(): number
  bytesSent(): number
  bytesReceived(): number
  onStateChange(callback: (state: string) => void): void
  onDataChannel(callback: (channel: NativeChannel) => void): void
  close(): void
}

/** A candidate of the pair that ICE chose. */
export interface NativeCandidate {
  address: string
  port: number
  type: string
  transportType: string
}

/** What is used of a DataChannel of node-datachannel. */
export interface NativeChannel {
  getLabel(): string
  getProtocol(): string
  isOpen(): boolean
  bufferedAmount(): number
  maxMessageSize(): number
  sendMessage(text: string): boolean
  sendMessageBinary(bytes: Uint8Array): boolean
  onMessage(callback: (data: string | Buffer | ArrayBuffer) => void): void
  onClosed(callback: () => void): void
  close(): void
}

/** Wraps the body of a native callback: an error that leaves it would abort the process. */
export function guard<A extends unknown[]>(
  log: Logger,
  callback: (...args: A) => void
): (...args: A) => void {
  return guardCallback(log, 'a WebRTC callback failed', callback)
}
