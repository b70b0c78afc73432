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

/**
 * How a socket ended: `unread`, when all that was read of it had been answered; `refused`, by a server that would not read
 * what came; else `lost`.
 */
export type SocketEnd = 'unread' | 'refused' | 'lost'

/** How the socket ended that was closed so; what has no close event is lost. */
export function endOf(close: unknown): SocketEnd {
  const { code, reason, wasClean } = Object(close) as { code: number; reason: unknown; wasClean: unknown }
  if (code === 1012 && reason === 'drained') return 'unread'
  // Text that is none, a policy, what is too large or breaks the server. Long-polling says 1011 of networks, as not clean.
  return wasClean && code > 1006 && code < 1012 ? 'refused' : 'lost'
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
