import {
  type Channel,
  defineChannel,
  type HandlerResult,
  type JoinResult,
  type Reply,
  type Stop
} from '../../../plugins/phoenix.js'
import { array, bytes, type Fields, fields, number, text } from './payloads.js'
import type { SocketAssigns } from './sockets.js'

interface RoomAssigns extends SocketAssigns {
  watch: string | undefined
  farewell: boolean
  label: unknown
  vars: Fields
}

type Room = Channel<RoomAssigns>
type Handler = (payload: unknown, channel: Room) => HandlerResult | Promise<HandlerResult>

const ok = (response?: unknown): Reply => ({ status: 'ok', response })

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function toReply(value: unknown): Reply {
  if (typeof value === 'string') return { status: value }
  const [status, response] = array(value)
  return { status: text(status), response }
}

function base64(value: unknown): Buffer {
  return Buffer.from(text(value), 'base64')
}

/** JSON events: a binary payload makes them raise. */
const jsonHandlers: Record<string, Handler> = {
  typeof(payload) {
    const type = payload === null ? 'null' : Array.isArray(payload) ? 'array' : typeof payload
    return ok({ type, value: payload })
  },
  reply_value: (payload) => ok(fields(payload, 'value').value),
  status(payload) {
    const { status, response } = fields(payload, 'status', 'response')
    return { status: text(status), response }
  },
  async sleep(payload) {
    const ms = number(fields(payload, 'ms').ms)
    await wait(ms)
    return ok({ slept: ms })
  },
  later(payload, channel) {
    const { ms, response = {} } = fields(payload, 'ms')
    const ref = channel.socketRef()
    channel.setTimeout(() => channel.reply(ref, ok(response)), number(ms))
  },
  push(payload, channel) {
    const { event, payload: pushed } = fields(payload, 'event', 'payload')
    channel.push(text(event), pushed as object)
  },
  push_then_reply(payload, channel) {
    const { event, payload: pushed } = fields(payload, 'event', 'payload')
    channel.push(text(event), pushed as object)
    return ok()
  },
  push_after(payload, channel) {
    const { ms, event, payload: pushed } = fields(payload, 'ms', 'event', 'payload')
    channel.setTimeout(() => channel.push(text(event), pushed as object), number(ms))
    return ok()
  },
  broadcast(payload, channel) {
    const { event, payload: sent } = fields(payload, 'event', 'payload')
    channel.broadcast(text(event), sent as object)
    return ok()
  },
  broadcast_from(payload, channel) {
    const { event, payload: sent } = fields(payload, 'event', 'payload')
    channel.broadcastFrom(text(event), sent as object)
    return ok()
  },
  endpoint_broadcast(payload, { endpoint }) {
    const { topic, event, payload: sent } = fields(payload, 'topic', 'event', 'payload')
    endpoint.broadcast(text(topic), text(event), sent as object)
    return ok()
  },
  listen(payload, channel) {
    channel.subscribe(text(fields(payload, 'topic').topic))
    return ok()
  },
  unlisten(payload, channel) {
    channel.unsubscribe(text(fields(payload, 'topic').topic))
    return ok()
  },
  bin_reply: (payload) => ok(base64(fields(payload, 'base64').base64)),
  bin_push(payload, channel) {
    const { event, base64: data } = fields(payload, 'event', 'base64')
    channel.push(text(event), base64(data))
    return ok()
  },
  bin_broadcast(payload, channel) {
    const { event, base64: data } = fields(payload, 'event', 'base64')
    channel.broadcast(text(event), base64(data))
    return ok()
  },
  set(payload, channel) {
    const { key, value } = fields(payload, 'key', 'value')
    channel.assigns.vars = { ...channel.assigns.vars, [text(key)]: value }
    return ok()
  },
  stop(payload): Stop {
    const { reason, reply } = fields(payload, 'reason')
    return reply === undefined || reply === null
      ? { stop: text(reason) }
      : { stop: text(reason), reply: toReply(reply) }
  },
  stop_after(payload, channel) {
    const { ms, reason } = fields(payload, 'ms', 'reason')
    channel.setTimeout(() => ({ stop: text(reason) }), number(ms))
    return ok()
  },
  crash_after(payload, channel) {
    channel.setTimeout(
      () => {
        throw new Error('crash_after')
      },
      number(fields(payload, 'ms').ms)
    )
    return ok()
  }
}

/** Events that take any payload, and those that want a binary one. */
const anyHandlers: Record<string, Handler> = {
  echo: (payload) => ok(payload),
  echo_error: (payload) => ({ status: 'error', response: payload }),
  ack: () => ok(),
  nack: () => ({ status: 'error' }),
  noreply: () => {},
  twice(_payload, channel) {
    const ref = channel.socketRef()
    channel.reply(ref, ok({ n: 1 }))
    channel.reply(ref, ok({ n: 2 }))
  },
  get: (_payload, { assigns }) => ok({ user_id: assigns.user_id, vars: assigns.vars }),
  crash() {
    throw new Error('crash')
  },
  bad_return: () => 42 as unknown as HandlerResult,
  bin_echo: (payload) => ok(bytes(payload)),
  bin_error: (payload) => ({ status: 'error', response: bytes(payload) }),
  bin_size: (payload) => ok({ size: bytes(payload).length })
}

function refuseBinary(handler: Handler): Handler {
  return (payload, channel) => {
    if (payload instanceof Uint8Array) throw new TypeError('binary payload')
    return handler(payload, channel)
  }
}

const handleIn = { ...anyHandlers }
for (const [event, handler] of Object.entries(jsonHandlers)) handleIn[event] = refuseBinary(handler)

/** The Room channel. */
export const room = defineChannel<RoomAssigns>({
  async join(params, channel): Promise<JoinResult> {
    channel.assigns.vars = {}
    if (params instanceof Uint8Array) {
      return { status: 'ok', response: { binary: Buffer.from(params).toString('base64') } }
    }
    if (typeof params !== 'object' || params === null || Array.isArray(params)) {
      return { status: 'ok', response: { params } }
    }
    return joinWith(params as Fields, channel)
  },

  handleIn,

  handleOut: {
    decorated(payload, channel) {
      channel.push('decorated', { ...fields(payload), for: channel.assigns.label })
    },
    filtered(payload, channel) {
      if (fields(payload).to === channel.assigns.label) channel.push('filtered', payload as object)
    },
    kick(payload, channel): Stop | undefined {
      return fields(payload).label === channel.assigns.label ? { stop: 'normal' } : undefined
    }
  },

  handleInfo({ topic, event, payload }, channel) {
    channel.push('relayed', { topic, event, payload })
  },

  terminate(reason, channel) {
    const { farewell, watch } = channel.assigns
    if (farewell) channel.push('farewell', {})
    if (watch !== undefined) channel.endpoint.broadcast(watch, 'terminated', { topic: channel.topic, reason })
  }
})

async function joinWith(params: Fields, channel: Room): Promise<JoinResult> {
  if (params.delay !== undefined) await wait(number(params.delay))
  if (params.trap === true) channel.trapExit = true
  if (params.crash === true) throw new Error('crash in join')
  if (params.push_in_join === true) channel.push('early', {})
  if (params.after_join !== undefined) channel.defer(() => afterJoin(fields(params.after_join), channel))
  channel.assigns.watch = params.watch === undefined ? undefined : text(params.watch)
  channel.assigns.farewell = params.farewell === true
  channel.assigns.label = params.label ?? null
  if ('error' in params) return { status: 'error', response: params.error }
  if ('reply' in params) return { status: 'ok', response: params.reply }
  return { status: 'ok' }
}

function afterJoin({ push, broadcast, stop }: Fields, channel: Room): Stop | undefined {
  if (push !== undefined) {
    const [event, payload] = array(push)
    channel.push(text(event), payload as object)
  }
  if (broadcast !== undefined) {
    const [event, payload] = array(broadcast)
    channel.broadcast(text(event), payload as object)
  }
  return stop === undefined ? undefined : { stop: text(stop) }
}
