import {
  type Assigns,
  type Channel,
  type ChannelDefinition,
  defineChannel,
  type Presence,
  type PresenceState,
  type Reply,
  type TrackResult
} from '../../../plugins/phoenix.js'
import { fields } from './payloads.js'

type Key = string | number

function toReply(result: TrackResult): Reply {
  return result.ok
    ? { status: 'ok', response: { ref: result.ref } }
    : { status: 'error', response: { reason: result.reason } }
}

/** The fetch hook of the roster. */
export function addNames(_topic: string, entries: PresenceState): PresenceState {
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [key, { ...entry, user: { name: key.toUpperCase() } }])
  )
}

/** The Presence channel with one of the trackers. */
export function presence(tracker: Presence): ChannelDefinition {
  const enterAfterState = async (key: Key, meta: object, channel: Channel<Assigns>) => {
    await tracker.pushState(channel)
    tracker.track(channel, key, meta)
  }

  return defineChannel({
    join(params, channel) {
      const { key, meta = {}, state_first: stateFirst } = fields(params)
      if (key === undefined) return { status: 'ok' }
      if (stateFirst === true) channel.defer(() => enterAfterState(key as Key, meta as object, channel))
      else tracker.enter(channel, key as Key, meta as object)
      return { status: 'ok' }
    },

    handleIn: {
      track(payload, channel) {
        const { key, meta } = fields(payload, 'key', 'meta')
        return toReply(tracker.track(channel, key as Key, meta as object))
      },
      update(payload, channel) {
        const { key, meta } = fields(payload, 'key', 'meta')
        return toReply(tracker.update(channel, key as Key, meta as object))
      },
      bump(payload, channel) {
        const { key } = fields(payload, 'key')
        const bump = (meta: { n?: number }) => ({ ...meta, n: (meta.n ?? 0) + 1 })
        return toReply(tracker.update(channel, key as Key, bump))
      },
      untrack(payload, channel) {
        tracker.untrack(channel, fields(payload, 'key').key as Key)
        return { status: 'ok' }
      },
      async list(_payload, { topic }) {
        return { status: 'ok', response: await tracker.list(topic) }
      },
      async get(payload, { topic }) {
        const entry = await tracker.get(topic, fields(payload, 'key').key as Key)
        return { status: 'ok', response: { value: entry ?? [] } }
      }
    }
  })
}
