// The only module of lib/ that needs a @fastify package: errors carry a code the way Fastify's do.
import createError from '@fastify/error'

interface Cause {
  cause: unknown
}

/** An option of the plugin is missing, of the wrong type or out of range; the message names it. */
export const InvalidOption = createError<[name: string, problem: string]>(
  'PHX_ERR_OPTION_INVALID',
  'option %s: %s',
  500,
  TypeError
)

/** A frame is not a message of the negotiated protocol version (Phoenix.Socket.Serializer). */
export const DecodeFailed = createError<[problem: string, options?: Cause]>(
  'PHX_ERR_SERIALIZER_DECODE',
  'cannot decode message: %s',
  400
)

/** A payload cannot be sent: not JSON, no object where one is needed, or a binary field too long. */
export const EncodeFailed = createError<[problem: string, options?: Cause]>(
  'PHX_ERR_SERIALIZER_ENCODE',
  'cannot encode message: %s',
  500
)

/** A channel pushed or broadcast while `join` was still running (Phoenix.Channel raises there too). */
export const NotJoined = createError<[topic: string]>(
  'PHX_ERR_CHANNEL_NOT_JOINED',
  'channel %s is not joined: push from defer() to send right after the join',
  500
)

/** `socketRef()` without a message in hand, or for one that the client sent without a ref. */
export const NoRef = createError<[topic: string]>(
  'PHX_ERR_CHANNEL_NO_REF',
  'channel %s has no message with a ref to reply to',
  500
)

/** A handler returned something that is no reply, no stop and not nothing. */
export const BadReturn = createError<[topic: string, what: string]>(
  'PHX_ERR_CHANNEL_BAD_RETURN',
  'channel %s: %s returned no valid result',
  500
)

/** A client pushed an event that the channel has no handler for. */
export const NoHandler = createError<[topic: string, event: string]>(
  'PHX_ERR_CHANNEL_NO_HANDLER',
  'channel %s has no handler for the event %s',
  500
)

/** `connect` threw; its error is the cause. Answered as HTTP 500 before the upgrade. */
export const ConnectFailed = createError<[options?: Cause]>('PHX_ERR_SOCKET_CONNECT', 'connect failed', 500)

/** The server was closed while `connect` decided. Answered as HTTP 503 before the upgrade. */
export const Draining = createError('PHX_ERR_SOCKET_DRAINING', 'the server is going away', 503)

/** The query of a connect is not UTF-8 once decoded. */
export const InvalidQuery = createError('PHX_ERR_SOCKET_QUERY', 'the query string is not valid UTF-8', 400)
