import type { FastifyInstance } from 'fastify'
import { createNodeDataChannelFactory, type WebRtcOptions } from '../lib/webrtc/node-datachannel.js'
import type { PeerFactory } from '../lib/webrtc/peer-factory.js'

/**
 * The peers of one mount; null when WebRTC is off, and the native library is then not even loaded.
 * Throws `PHX_ERR_WEBRTC_UNAVAILABLE` when it cannot be, and `PHX_ERR_OPTION_INVALID`.
 */
export async function webrtcPeers(
  app: FastifyInstance,
  options: WebRtcOptions | false
): Promise<PeerFactory | null> {
  if (options === false) return null
  const peers = await createNodeDataChannelFactory(options, app.log)
  // Whatever the end of the sockets has not ended already. The library's own clean-up is not called:
  // it is for the whole process and waits for it.
  app.addHook('onClose', async () => peers.close())
  return peers
}
