import type { PeerCounters } from '../peers/peer-stats.js'
import { DataMessage, type DataReceiver, type SendDataOptions, type SendDataResult } from './message.js'

/**
 * Takes data to the DataChannels of a client: through the user channel that was joined over its socket. False where
 * there is none, and the message is to be pushed on its topic instead.
 *
 * @param stats of the server, where nobody else counts what becomes of the message
 */
export function deliverData(receiver: DataReceiver, message: DataMessage, stats: PeerCounters): boolean {
  if (message.except === receiver) return true
  if (receiver.dataSink !== undefined) {
    receiver.dataSink.deliver(message)
    return true
  }
  if (message.hasFallback) {
    stats.fallbacks++
    message.result.pushed++
    return false
  }
  stats.drop('no_channel')
  message.result.dropped++
  return true
}

/** Sends to the DataChannels of one client; without a user channel there is no topic to push on instead. */
export function sendData(
  receiver: DataReceiver,
  stats: PeerCounters,
  label: string,
  data: string | Uint8Array,
  options?: SendDataOptions
): SendDataResult {
  const fallback = receiver.dataSink === undefined ? 'none' : options?.fallback
  const message = new DataMessage(label, data, { ...options, fallback })
  deliverData(receiver, message, stats)
  return message.result
}
