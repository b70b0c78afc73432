import type { EndpointServer } from '../endpoint/endpoint-server.js'
import { ChannelMeter } from './channel-meter.js'
import { ClusterMeter, readCluster } from './cluster-meter.js'
import { HookMeter } from './hook-meter.js'
import { Listening } from './listening.js'
import { PeerMeter } from './peer-meter.js'
import { SocketMeter } from './socket-meter.js'
import { Store } from './store.js'
import { readTransports } from './transport-reader.js'

/** What there is of a server, as metrics look at it. */
export interface MeasuredServer {
  readonly endpoint: EndpointServer
  readonly version: string
  /** The patterns of all channels. */
  patterns(): Iterable<string>
  /** The open sockets of all mounts. */
  sockets(): Iterable<MeasuredSocket>
  /** Connections for which something waits. */
  clientsBehind(): number
  /** Whether it takes clients. */
  isReady(): boolean
}

/** One socket, as metrics look at it. */
export interface MeasuredSocket {
  readonly transport: 'websocket' | 'longpoll'
  /** What waits on its behalf; undefined where nothing ever did. */
  readonly waiting: { readonly messages: number; readonly bytes: number } | undefined
}

/** The metrics of one server: counted as it tells of itself, or read when they are asked for. */
export class ServerMetrics {
  readonly store = new Store()
  readonly #server: MeasuredServer
  readonly #listening = new Listening()
  readonly #peers: PeerMeter

  constructor(server: MeasuredServer) {
    this.#server = server
    const { store } = this
    new SocketMeter(server, store, this.#listening)
    new ChannelMeter(server, store, this.#listening)
    new HookMeter(server, store, this.#listening)
    new ClusterMeter(server, store, this.#listening)
    this.#peers = new PeerMeter(server, store, this.#listening)
    store.set('nodeInfo', 1, server.endpoint.node, server.version)
  }

  /** Brings up to date what nobody tells of. */
  read(): void {
    const server = this.#server
    const { store } = this
    store.set('ready', server.isReady() ? 1 : 0)
    readTransports(server, store)
    readCluster(server, store)
    this.#peers.sample()
  }

  /** Listens no more. What was counted stays. */
  close(): void {
    this.#listening.close()
  }
}
