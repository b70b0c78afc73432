import { RTCPeerConnection } from 'node-datachannel/polyfill'
import type { PeerConnectionFactory } from '../../lib/client/client.js'

/** What nothing refers to would be collected, before it has closed. */
const connections: LoopbackPeer[] = []

/**
 * The polyfill closes a DataChannel a turn later than it is told to. Where its connection has gone by then, one that
 * was never open keeps the process from ending.
 */
class LoopbackPeer extends RTCPeerConnection {
  override close(): void {
    setImmediate(() => super.close())
  }
}

/** Peers of node-datachannel behind the interface of browsers, on the loopback interface. */
export const createLoopbackPeer: PeerConnectionFactory = (configuration) => {
  const options = { ...configuration, bindAddress: '127.0.0.1' }
  const connection = new LoopbackPeer(options as ConstructorParameters<typeof RTCPeerConnection>[0])
  connections.push(connection)
  return connection
}
