/** Events with a meaning of their own in the Phoenix protocol (Phoenix.Socket.Message). */
export const events = {
  join: 'phx_join',
  leave: 'phx_leave',
  reply: 'phx_reply',
  close: 'phx_close',
  error: 'phx_error',
  heartbeat: 'heartbeat',
  disconnect: 'disconnect'
} as const

/** Events of Phoenix.Presence: the whole list for one client, and what changed for all. */
export const presenceEvents = {
  state: 'presence_state',
  diff: 'presence_diff'
} as const

/** The topic that heartbeats are sent to; it cannot be joined. */
export const heartbeatTopic = 'phoenix'

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
