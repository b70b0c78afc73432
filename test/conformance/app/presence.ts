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
import { type Fields, fields } from './payloads.js'

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
  const enter = async ({ key, meta = {}, state_first: stateFirst }: Fields, channel: Channel<Assigns>) => {
    const pushState = async () => channel.push('presence_state', await tracker.list(channel.topic))
    if (stateFirst === true) await pushState()
    tracker.track(channel, key as Key, meta as object)
    if (stateFirst !== true) await pushState()
  }

  return defineChannel({
    join(params, channel) {
      const options = fields(params)
      if ('key' in options) channel.defer(() => enter(options, channel))
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
