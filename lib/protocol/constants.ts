/** Events with a meaning of their own in the Phoenix protocol (Phoenix.Socket.Message). */
export const events = {
  join: 'phx_join',
  leave: 'phx_leave',
  reply: 'phx_reply',
  close: 'phx_close',
  error: 'phx_error',
  heartbeat: 'heartbeat',
  disconnect: 'disconnect',
  /** What a client that counts has got of a topic; of this package alone. */
  position: 'phx_position'
} as const

/** Events of Phoenix.Presence: the whole list for one client, and what changed for all. */
export const presenceEvents = {
  state: 'presence_state',
  diff: 'presence_diff'
} as const

/** `phx_close` from another member would be the end of a channel, and `chan_reply_1` the answer to a push. */
const reservedPrefixes = ['phx_', 'chan_reply_'] as const
const reservedEvents: ReadonlySet<string> = new Set(Object.values(presenceEvents))

/**
 * Whether an event belongs to the protocol or to Presence: `phx_...`, `chan_reply_...`, `presence_state` and
 * `presence_diff`. Applications that relay events which clients name must not relay these: a client could
 * close the channels of others, answer their pushes, or say who is there.
 */
export function isReservedEvent(event: unknown): boolean {
  const name = String(event)
  return reservedEvents.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))
}

/** The topic that heartbeats are sent to; it cannot be joined. */
export const heartbeatTopic = 'phoenix'

/**
 * The reason beside the code of a socket that was drained to its end: what was read of its client has been answered,
 * and what has no answer was never read.
 */
export const drainedReason = 'drained'

/** WebSocket close codes as Phoenix uses them (RFC 6455, section 7.4.1). */
export const closeCodes = {
  /** Answer to a close of the client. */
  normal: 1000,
  /** The socket was disconnected through its id, or its token expired. */
  goingAway: 1001,
  /** Nothing was received for as long as the inactivity timeout. */
  protocolError: 1002,
  /** The client does not read what it is sent. */
  policyViolation: 1008,
  /** A frame over the limit. */
  tooBig: 1009,
  /** A message that cannot be decoded. */
  internalError: 1011,
  /** The server is shutting down; clients come back elsewhere or later. */
  serviceRestart: 1012
} as const

/** What carries the frames of one socket. */
export type TransportName = 'websocket' | 'longpoll'
