/** A push of phoenix.js that waits for its reply. */
export interface PhoenixPush {
  receive(status: ReplyStatus, callback: (response?: unknown) => unknown): unknown
}

export type ReplyStatus = 'ok' | 'error' | 'timeout'

/** A channel of phoenix.js (1.4 or later), as far as it is used. */
export interface PhoenixChannel {
  readonly state: string
  on(event: string, callback: (payload?: unknown) => void): number
  off(event: string, ref?: number): void
  push(event: string, payload: object, timeout?: number): PhoenixPush
  /** Not in its types, and there in every version. */
  readonly socket?: { onClose(callback: (event: unknown) => void): unknown; off?(refs: unknown[]): void }
}

/** Whether a socket was closed when all that was read of it had been answered. */
export function isDrained(close: unknown): boolean {
  const { code, reason } = Object(close) as Record<string, unknown>
  return code === 1012 && reason === 'drained'
}

export const phoenixEvents = { reply: 'phx_reply', error: 'phx_error', close: 'phx_close' } as const

/** What the user channel speaks of its peer, both ways. */
export const peerEvents = {
  config: 'webrtc:config',
  offer: 'webrtc:offer',
  close: 'webrtc:close',
  send: 'webrtc:send',
  answer: 'webrtc:answer',
  ice: 'webrtc:ice',
  state: 'webrtc:state',
  data: 'webrtc:data'
} as const

/** The label of the DataChannel that hook calls travel on. */
export const rpcLabel = 'events'
