import { Listening } from '../diagnostics/listening.js'
import { useMeter } from './call-meter.js'
import { ChannelMeter } from './channel-meter.js'
import { ClusterMeter, readCluster } from './cluster-meter.js'
import type { MeasuredServer } from './measured-server.js'
import { readOnce } from './once-reader.js'
import { PeerMeter } from './peer-meter.js'
import { SocketMeter } from './socket-meter.js'
import { Store } from './store.js'
import { readTransports } from './transport-reader.js'

/** The metrics of one server: counted as it tells of itself, or read when they are asked for. */
export class ServerMetrics {
  readonly #store = new Store()
  readonly #server: MeasuredServer
  readonly #listening = new Listening()
  readonly #calls: ReturnType<typeof useMeter>
  readonly #channels: ChannelMeter
  readonly #peers: PeerMeter

  constructor(server: MeasuredServer) {
    this.#server = server
    const store = this.#store
    this.#calls = useMeter(server.endpoint)
    new SocketMeter(server, store, this.#listening)
    this.#channels = new ChannelMeter(server, store, this.#listening)
    new ClusterMeter(server, store, this.#listening)
    this.#peers = new PeerMeter(server, store, this.#listening)
    store.set('nodeInfo', 1, server.endpoint.node, server.version)
  }

  /** All values as they are now. */
  read(): readonly Store[] {
    const server = this.#server
    const store = this.#store
    for (const pattern of server.patterns()) {
      this.#channels.expect(pattern)
      this.#calls.meter.expect(pattern)
    }
    store.set('ready', server.isReady() ? 1 : 0)
    readTransports(server, store)
    readCluster(server, store)
    readOnce(server, store)
    this.#peers.sample()
    return [store, this.#calls.meter.store]
  }

  /** Listens no more. What was counted stays. */
  close(): void {
    this.#listening.close()
    this.#calls.release()
  }
}
