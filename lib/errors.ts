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

/** WebRTC is on, but the native library cannot be loaded on this machine. */
export const WebRtcUnavailable = createError<[problem: string]>(
  'PHX_ERR_WEBRTC_UNAVAILABLE',
  'node-datachannel cannot be loaded: %s',
  500
)

/** What a client sent as an offer is no session description that asks for DataChannels. */
export const InvalidSdp = createError<[problem: string]>('PHX_ERR_WEBRTC_INVALID_SDP', 'invalid SDP: %s', 400)

/** An ICE candidate that the native library does not take. */
export const InvalidCandidate = createError<[problem: string]>(
  'PHX_ERR_WEBRTC_INVALID_CANDIDATE',
  'invalid ICE candidate: %s',
  400
)
