import { type ChannelDefinition, defineChannel, type Reply } from '../channel.js'

// To another member a forged `phx_close` would be the end of the channel.
const reservedPrefix = 'phx_'

/**
 * The channel of `room:*`: every authenticated user may join, and any event that a member pushes is
 * broadcast to the others as it came and replied with `ok {}`. Events of the protocol itself
 * (`phx_...`) and payloads that no broadcast can carry are refused with `error {"error": reason}`.
 */
export const roomChannel: ChannelDefinition = defineChannel({
  join: () => ({ status: 'ok' }),
  handleIn(event, payload, channel) {
    if (typeof event !== 'string' || event.startsWith(reservedPrefix)) return refused('reserved_event')
    if (!isPayload(payload)) return refused('invalid_payload')
    channel.broadcastFrom(event, payload)
    return { status: 'ok' }
  }
})

function isPayload(payload: unknown): payload is object {
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload)
}

function refused(error: string): Reply {
  return { status: 'error', response: { error } }
}
