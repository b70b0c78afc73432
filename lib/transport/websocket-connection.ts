/** The connection under a WebSocket. */
export interface Connection {
  readonly bytesWritten: number
  readonly writableLength: number
  readonly writableNeedDrain: boolean
  write(bytes: Buffer): boolean
  cork(): void
  uncork(): void
  on(event: 'drain', listener: () => void): unknown
}

/** The `readyState` in which `ws` sends. */
export const open = 1

/** The part of a `ws` WebSocket that sends. */
export interface SendingWebSocket {
  readonly bufferedAmount: number
  readonly readyState: number
  /** What was negotiated; empty where frames go out as they are. */
  readonly extensions: string
  send(data: string | Buffer, options: { binary: boolean }): void
  terminate(): void
}
