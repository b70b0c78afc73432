import type { FastifyInstance } from 'fastify'
import type { WebRtcOptions } from '../lib/webrtc/options.js'
import type { PeerFactory } from '../lib/webrtc/peer-factory.js'

export async function webrtcPeers(
  _app: FastifyInstance,
  _options: WebRtcOptions | false
): Promise<PeerFactory | null> {
  return null
}
