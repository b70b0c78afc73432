// The only module of lib/ that needs a @fastify package: errors carry a code the way Fastify's do.
import createError from '@fastify/error'

/** An option of the plugin is missing, of the wrong type or out of range; the message names it. */
export const InvalidOption = createError<[name: string, problem: string]>(
  'PHX_ERR_OPTION_INVALID',
  'option %s: %s',
  500,
  TypeError
)

/** A frame is not a message of the negotiated protocol version (Phoenix.Socket.Serializer). */
export const DecodeFailed = createError<[problem: string]>(
  'PHX_ERR_SERIALIZER_DECODE',
  'cannot decode message: %s',
  400
)

/** A payload cannot be sent: not JSON, no object where one is needed, or a binary field too long. */
export const EncodeFailed = createError<[problem: string]>(
  'PHX_ERR_SERIALIZER_ENCODE',
  'cannot encode message: %s',
  500
)

// The reference server

/** An option or environment variable of the reference server is wrong; the message names it. */
export const ServerOptionInvalid = createError<[name: string, problem: string]>(
  'PHX_ERR_SERVER_OPTION',
  '%s %s',
  500,
  TypeError
)
