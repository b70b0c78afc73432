import type { HookClient } from '../lib/closed-loop.js'
import { connectDataChannel, connectWebSocket } from '../lib/hook-client.js'
import { payload16 } from '../lib/question.js'

/** The ways a hook call is compared over, by the names that the tables give them. */
export const transports = {
  WebSocket: (url: string, userId: string): Promise<HookClient> => connectWebSocket(url, userId, payload16),
  'DataChannel, in order': (url: string, userId: string, bindAddress: string): Promise<HookClient> =>
    connectDataChannel(url, userId, payload16, { bindAddress }),
  'DataChannel, unordered': (url: string, userId: string, bindAddress: string): Promise<HookClient> =>
    connectDataChannel(url, userId, payload16, { bindAddress, config: { unordered: true } })
} as const

export type Transport = keyof typeof transports
export const transportNames = Object.keys(transports) as Transport[]

/** Percentiles that are kept of each transport; 100 is the longest of all. */
export const percentiles = [50, 90, 99, 99.9, 100] as const

/** Latencies at {@link percentiles}, in milliseconds, and how many calls they are of. */
export interface Latencies {
  calls: number
  ms: number[]
}

export type Comparison = Record<Transport, Latencies>
