import type { Frame } from '../protocol/serializer/serializer.js'
import type { SharedText } from '../protocol/shared-text.js'

/** What carries the frames of one socket. */
export type TransportName = 'websocket' | 'longpoll'

/** What a socket sends: a frame of its own, or one that it shares with others. */
export type OutgoingFrame = Frame | SharedText

/**
 * The connection under one socket. The owner of the connection makes it and tells the socket what
 * arrives (`socket.receive`) and that it ended (`socket.transportClosed`).
 */
export interface Transport {
  readonly name: TransportName
  /**
   * Sends a frame, in order. Does nothing once the connection is closing.
   *
   * @param stale marks state: while the client reads too slowly, the frame waits beside the queue,
   *   and a newer one of the same key takes its place
   */
  send(frame: OutgoingFrame, stale?: string): void
  /** Starts closing with a code of RFC 6455. */
  close(code: number, reason?: string): void
  /** Stops reading from the client, so that what it sends waits at its end. */
  pause(): void
  resume(): void
  /** Hands over what was read and not handed on yet; nothing where a transport keeps nothing. */
  handOver?(): void
  /** When something last came from the client, on the clock's `now`. */
  readonly lastActivity: number
  /** Asks the client for a sign of life, which makes {@link isAlive} true. */
  probe(): void
  /** Whether the client gave a sign of life since it was asked; also where it is not read, and none could be seen. */
  readonly isAlive: boolean
}
