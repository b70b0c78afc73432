import type { Client } from './clients.js'
import type { Answer, PhoenixConnection } from './phoenix-connection.js'

/** What a caller calls, over and over. */
export interface HookCall {
  readonly hookPlugin: string
  readonly fn: string
  readonly args: readonly unknown[]
}

/** Called once a call was answered: with the reason where it failed, or with the hook's result. */
export type Answered = (failure: string | undefined, data: unknown) => void

/** A client that calls, whatever its calls go over; what it calls once it was lost fails at once. */
export interface HookCaller extends Client {
  /** Calls the hook; any number of calls may be in flight. */
  call(answered: Answered): void
}

/** Calls hooks over the user channel, which the connection has joined as `topic`. */
export function webSocketCaller(connection: PhoenixConnection, topic: string, call: HookCall): HookCaller {
  const { hookPlugin: plugin, fn, args } = call
  const payload = JSON.stringify({ plugin, fn, args })
  return {
    get isOpen() {
      return connection.isOpen
    },
    get lostReason() {
      return connection.lostReason
    },
    call(answered) {
      connection.push(topic, 'call_hook', payload, (answer) =>
        answered(failureOf(answer), answer.response.data)
      )
    },
    ping: () => connection.ping(),
    close: () => connection.close()
  }
}

/** Why a call failed; undefined when it did not. */
export function failureOf({ status, response }: Answer): string | undefined {
  if (status === 'ok') return undefined
  const { error, reason = error } = Object(response) as Record<string, unknown>
  return typeof reason === 'string' ? reason : status
}
