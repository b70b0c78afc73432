import { type ChannelDefinition, defineChannel } from '../channel/channel.js'
import { errorReply } from '../channel/results.js'
import type { HistoryOptions } from '../history/options.js'
import type { Presence } from '../presence/presence.js'
import { isReservedEvent } from '../protocol/constants.js'
import { isObject } from '../util/is-object.js'

interface RoomAssigns {
  readonly userId: string
}

/**
 * The channel of `room:*`: every authenticated user may join, and any event that a member pushes is
 * broadcast to the others as it came and replied with `ok {}`. Events of the protocol itself
 * (`phx_...`, `chan_reply_...`, `presence_state`, `presence_diff`) and payloads that no broadcast can carry are refused
 * with `error {"error": reason}`. Presence is tracked by user id.
 */
export function roomChannel(presence: Presence, history?: HistoryOptions): ChannelDefinition {
  return defineChannel<RoomAssigns>({
    ...(history && { history }),
    join(_params, channel) {
      presence.enter(channel, channel.assigns.userId)
      return { status: 'ok' }
    },
    handleIn(event, payload, channel) {
      if (typeof event !== 'string' || isReservedEvent(event)) return errorReply('reserved_event')
      if (!isObject(payload)) return errorReply('invalid_payload')
      channel.broadcastFrom(event, payload)
      return { status: 'ok' }
    }
  })
}
