import { type ChannelDefinition, defineChannel } from '../channel.js'
import { refuse } from '../channel-results.js'
import { presenceEvents } from '../constants.js'
import { isObject } from '../is-object.js'
import { Presence } from '../presence/presence.js'

// To another member a forged `phx_close` would be the end of the channel.
const reservedPrefix = 'phx_'
// And who is there is for the server to say.
const reservedEvents = new Set<string>(Object.values(presenceEvents))

interface RoomAssigns extends Record<string, unknown> {
  readonly userId: string
}

/**
 * The channel of `room:*`: every authenticated user may join, and any event that a member pushes is
 * broadcast to the others as it came and replied with `ok {}`. Events of the protocol itself
 * (`phx_...`, `presence_state`, `presence_diff`) and payloads that no broadcast can carry are refused
 * with `error {"error": reason}`. Presence is tracked by user id.
 */
export function roomChannel(): ChannelDefinition {
  const presence = new Presence()
  return defineChannel<RoomAssigns>({
    join(_params, channel) {
      presence.enter(channel, channel.assigns.userId)
      return { status: 'ok' }
    },
    handleIn(event, payload, channel) {
      if (typeof event !== 'string' || isReserved(event)) return refuse('reserved_event')
      if (!isObject(payload)) return refuse('invalid_payload')
      channel.broadcastFrom(event, payload)
      return { status: 'ok' }
    }
  })
}

function isReserved(event: string): boolean {
  return event.startsWith(reservedPrefix) || reservedEvents.has(event)
}
