// The room of transports: what carries frames, WebSocket or long-poll, and what waits for those who read
// slowly.
import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticSocket } from '../diagnostics/events.js'
import type { TransportName } from '../protocol/constants.js'
import type { OutgoingFrame } from '../protocol/frame.js'

/**
 * The connection under one socket. The owner of the connection makes it and tells the socket what
 * arrives and that it ended; see {@link Receiver}.
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
  /**
   * Counts as waiting for the client what is handed over only when that has read more; nothing where a transport ends
   * whoever takes nothing. What clients share counts once.
   */
  holdBack?(held: object, bytes: number): void
  /** It is held back no more. */
  letGo?(held: object): void
  /** Bytes that wait for the client. */
  readonly waiting: number
  /** When something last came from the client, on the clock's `now`. */
  readonly lastActivity: number
  /** The inode of its socket, by which the system tells what the client has not taken yet; undefined where it does not. */
  readonly inode?: string | undefined
  /** Asks the client for a sign of life, which makes {@link isAlive} true. */
  probe(): void
  /** Whether the client gave a sign of life since it was asked; also where it is not read, and none could be seen. */
  readonly isAlive: boolean
}

/** Who takes what arrives: the socket over a transport. */
export interface Receiver extends DiagnosticSocket {
  /** Handles one frame of the client. Never throws. */
  receive(data: Buffer, isBinary: boolean): void
  /** A frame that the transport does not take, such as one that is too large: closes the socket when it is its turn. */
  reject(code: number): void
  /** Whether the transport keeps more bytes of the client than may wait: the socket is closed then. */
  isTooMuch(bytes: number): boolean
  /** Resolves when everything received so far was taken; undefined when nothing is held up. */
  taken(): Promise<void> | undefined
  /** When a join last held up what the client sends, on the clock's `now`: now while one does. */
  readonly lastJoining: number
  /** Closes the connection. */
  close(code: number, reason: 'closed'): void
  /** The connection is gone. `failed` says that it broke the protocol instead of ending. */
  transportClosed(failed: boolean): void
}

/** A client is cut off, as it does not read. */
export function tellSlowClient(socket: DiagnosticSocket | undefined, waiting: number, why: string): void {
  const { slowClient } = diagnostics
  if (socket !== undefined && slowClient.hasSubscribers) slowClient.publish({ socket, waiting, why })
}
