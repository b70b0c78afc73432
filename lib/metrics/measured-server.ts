import type { EndpointServer } from '../endpoint/endpoint-server.js'

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
