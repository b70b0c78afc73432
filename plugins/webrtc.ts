import type { FastifyInstance } from 'fastify'
import type { PeerSupply } from '../lib/peers/peer-factory.js'
import type { Clock } from '../lib/time/clock.js'
import { IceServers } from '../lib/webrtc/ice-servers.js'
import { createNodeDataChannelFactory, type WebRtcOptions } from '../lib/webrtc/native-factory.js'

/**
 * The peers of one mount, and what its clients are told to reach them by. When WebRTC is off there are
 * none of either, and the native library need not be installed.
 *
 * Rejects with `PHX_ERR_WEBRTC_UNAVAILABLE` when it is not, with `PHX_ERR_WEBRTC_BIND` when peers
 * cannot bind, and with `PHX_ERR_OPTION_INVALID`.
 */
export async function webrtcPeers(
  app: FastifyInstance,
  options: WebRtcOptions | false,
  clock: Clock
): Promise<PeerSupply> {
  if (options === false) return { factory: null, iceServers: new IceServers([], '') }
  const factory = await createNodeDataChannelFactory(options, app.log, undefined, clock)
  // Whatever the end of the sockets has not ended already. The library's own clean-up is not called:
  // it is for the whole process and waits for it.
  app.addHook('onClose', async () => factory.close())
  return { factory, iceServers: new IceServers(options.iceServers ?? [], 'webrtc.iceServers') }
}
