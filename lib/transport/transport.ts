import type { Frame } from '../serializer/serializer.js'

/** What carries the frames of one socket. */
export type TransportName = 'websocket' | 'longpoll'

/**
 * The connection under one socket. The owner of the connection makes it and tells the socket what
 * arrives (`socket.receive`) and that it ended (`socket.transportClosed`).
 */
export interface Transport {
  readonly name: TransportName
  /** Sends a frame, in order. Does nothing once the connection is closing. */
  send(frame: Frame): void
  /** Starts closing with a code of RFC 6455. */
  close(code: number, reason?: string): void
  /** Stops reading from the client, so that what it sends waits at its end. */
  pause(): void
  resume(): void
}
