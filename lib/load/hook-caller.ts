import type { Answer, PhoenixConnection } from './phoenix-connection.js'

/** What a caller calls, over and over. */
export interface HookCall {
  readonly hookPlugin: string
  readonly fn: string
  readonly args: readonly unknown[]
}

/** Called once a call was answered: with the reason where it failed, or with the hook's result. */
export type Answered = (failure: string | undefined, data: unknown) => void

/** One client of the load, whatever its calls go over. */
export interface HookCaller {
  /** False once the client was lost: what it calls then fails at once. */
  readonly isOpen: boolean
  /** Calls the hook; any number of calls may be in flight. */
  call(answered: Answered): void
  /** Sends what keeps an idle client connected. */
  ping(): void
  /** Resolves when the connection is closed. */
  close(): Promise<void>
}

/** Calls hooks over the user channel, which the connection has joined as `topic`. */
export function webSocketCaller(connection: PhoenixConnection, topic: string, call: HookCall): HookCaller {
  const { hookPlugin: plugin, fn, args } = call
  const payload = JSON.stringify({ plugin, fn, args })
  return {
    get isOpen() {
      return connection.isOpen
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
