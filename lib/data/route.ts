import type { Socket } from '../socket/socket.js'
import { DataMessage, type SendDataOptions, type SendDataResult } from './message.js'

/**
 * Takes data to the DataChannels of the client of a socket: through the user channel that was joined
 * over it. False where there is none, and the message is to be pushed on its topic instead.
 */
export function deliverData(socket: Socket, message: DataMessage): boolean {
  if (message.except === socket) return true
  if (socket.dataSink !== undefined) {
    socket.dataSink.deliver(message)
    return true
  }
  const { peers } = socket.endpoint.stats
  if (message.hasFallback) {
    peers.fallbacks++
    message.result.pushed++
    return false
  }
  peers.drop('no_channel')
  message.result.dropped++
  return true
}

/** Sends to the DataChannels of one client; without a user channel there is no topic to push on instead. */
export function sendData(
  socket: Socket,
  label: string,
  data: string | Uint8Array,
  options?: SendDataOptions
): SendDataResult {
  const fallback = socket.dataSink === undefined ? 'none' : options?.fallback
  const message = new DataMessage(label, data, { ...options, fallback })
  deliverData(socket, message)
  return message.result
}
