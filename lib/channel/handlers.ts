import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticChannel } from '../diagnostics/events.js'
import { traceOther } from '../diagnostics/trace-other.js'
import { NoHandler } from '../errors.js'
import type { Broadcast, ClientMessage } from '../protocol/message.js'
import { JsonText } from '../protocol/serializer/json.js'
import type { Channel, ChannelDefinition, HandlerResult } from './channel.js'
import type { BroadcastTask, Task } from './task.js'
import { type MeteredChannel, meterHandler, traceHandler } from './told.js'

/**
 * Calls what the application has for a task: its `handleIn`, `handleOut`, `handleInfo` or deferred
 * function. Throws `PHX_ERR_CHANNEL_NO_HANDLER` when there is none for the client's event.
 */
export function handleTask(
  task: Task,
  definition: ChannelDefinition,
  channel: Channel & MeteredChannel
): HandlerResult | Promise<HandlerResult> {
  switch (task.kind) {
    case 'in': {
      const { current: meter } = channel.endpoint.meters
      if (meter === undefined) return tellAndHandle(task.message, definition, channel)
      return meterHandler(meter, channel, () => tellAndHandle(task.message, definition, channel))
    }
    case 'out':
    case 'info': {
      if (!diagnostics.handler.hasSubscribers) return handleBroadcast(task, definition, channel)
      const handler = task.kind === 'out' ? 'handleOut' : 'handleInfo'
      const run = (): HandlerResult | Promise<HandlerResult> => handleBroadcast(task, definition, channel)
      return traceOther(channel, handler, task.broadcast.event, run, task.origin)
    }
    case 'call':
      return task.callback()
  }
}

function tellAndHandle(
  message: ClientMessage,
  definition: ChannelDefinition,
  channel: Channel & DiagnosticChannel
): HandlerResult | Promise<HandlerResult> {
  if (!diagnostics.handleIn.hasSubscribers) return handleMessage(message, definition, channel)
  return traceHandler(channel, String(message.event), () => handleMessage(message, definition, channel))
}

function handleMessage(
  { event, payload }: ClientMessage,
  { handleIn }: ChannelDefinition,
  channel: Channel
): HandlerResult | Promise<HandlerResult> {
  if (typeof handleIn === 'function') return handleIn(event, payload, channel)
  if (typeof event !== 'string' || !hasOwn(handleIn, event)) {
    throw new NoHandler(channel.topic, String(event))
  }
  return handleIn?.[event]?.(payload, channel)
}

function handleBroadcast(
  { kind, broadcast }: BroadcastTask,
  { handleOut, handleInfo }: ChannelDefinition,
  channel: Channel
): HandlerResult | Promise<HandlerResult> {
  const plain = plainBroadcast(broadcast)
  return kind === 'out' ? handleOut?.[plain.event]?.(plain.payload, channel) : handleInfo?.(plain, channel)
}

/** The broadcast as handlers get it: its payload is a value, whatever form it travels in. */
function plainBroadcast(broadcast: Broadcast): Broadcast {
  const { payload } = broadcast
  return payload instanceof JsonText ? { ...broadcast, payload: payload.value } : broadcast
}

/** Own properties only: events are text from anywhere, and objects inherit names such as `constructor`. */
export function hasOwn(handlers: object | undefined, event: string): boolean {
  return handlers !== undefined && Object.hasOwn(handlers, event)
}
