import type { Channel, Reply } from '../channel/channel.js'
import { EncodeFailed } from '../errors.js'
import { excerpt } from '../log/excerpt.js'
import { isReservedEvent } from '../protocol/constants.js'
import { isObject } from '../util/is-object.js'
import type { DashboardHost } from './host.js'
import type { Nodes } from './nodes.js'
import { invalidRef, problem, readRef, replyOf, replyOfOne } from './replies.js'

/** Does what somebody asked for on a page; who that is, is in the assigns of the channel. */
export type Act = (payload: unknown, channel: Channel) => Promise<Reply>

export interface ActionsOptions {
  readonly host: DashboardHost
  readonly nodes: Nodes
  readonly actions: boolean
}

const longestEvent = 200

const off = replyOf(problem('actions_off', 'this dashboard only shows: the option actions is not set'))

/** What a dashboard may do, each with a line in the log that says who did it. */
export function actionsOf({
  host,
  nodes,
  actions
}: ActionsOptions): Record<'disconnect' | 'close' | 'broadcast', Act> {
  const whereOn =
    (act: Act): Act =>
    async (payload, channel) =>
      actions ? act(payload, channel) : off
  return {
    disconnect: whereOn(async (payload, channel) => {
      const ref = readRef(payload)
      if (ref === undefined) return invalidRef
      const answer = await nodes.askOne(ref.node, 'sockets.disconnect', { ...ref, by: addressOf(channel) })
      return replyOfOne(answer, 'socket')
    }),
    close: whereOn(async (payload, channel) => {
      const ref = readRef(payload)
      if (ref === undefined) return invalidRef
      const answer = await nodes.askOne(ref.node, 'peers.close', { ...ref, by: addressOf(channel) })
      return replyOfOne(answer, 'peer')
    }),
    broadcast: whereOn(async (payload, channel) => broadcast(host, payload, channel))
  }
}

function broadcast({ endpoint, log }: DashboardHost, payload: unknown, channel: Channel): Reply {
  const { event, payload: said }: Record<string, unknown> = isObject(payload) ? payload : {}
  const isEvent = typeof event === 'string' && event !== '' && event.length <= longestEvent
  if (!isEvent || isReservedEvent(event)) {
    return replyOf(
      problem('invalid_payload', `event must be text of 1 to ${longestEvent} characters, and free`)
    )
  }
  if (!isObject(said)) return replyOf(problem('invalid_payload', 'payload must be an object'))
  const topic = channel.topic.slice('follow:'.length)
  log.info({ by: addressOf(channel), topic: excerpt(topic), event }, 'a broadcast from the dashboard')
  try {
    endpoint.broadcast(topic, event, said)
  } catch (err) {
    if (err instanceof EncodeFailed) return replyOf(problem('failed', err.message))
    throw err
  }
  return { status: 'ok' }
}

function addressOf({ assigns }: Channel): string {
  return String(Object(assigns).address)
}
