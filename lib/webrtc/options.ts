import type { IceServer } from './peer-factory.js'

/** Options of the WebRTC peers. */
export interface WebRtcOptions {
  iceServers?: readonly IceServer[]
}
