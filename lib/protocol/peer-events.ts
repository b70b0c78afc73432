import type { PushOptions } from './message.js'

/** What the server pushes to a user channel about its peer. */
export const peerEvents = {
  answer: 'webrtc:answer',
  ice: 'webrtc:ice',
  state: 'webrtc:state',
  channelOpen: 'webrtc:channel_open',
  channelClosed: 'webrtc:channel_closed',
  data: 'webrtc:data'
} as const

/** Pushes one event to the client's channel. */
export type Push = (event: string, payload: object, options?: PushOptions) => void

/** The label of the DataChannel that hook calls travel on; no other carries any. */
export const rpcLabel = 'events'

/** Bytes a DataChannel's label may have: it is repeated in pushes and chosen by the client. */
export const maxLabelBytes = 255
