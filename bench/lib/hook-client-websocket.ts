import type { Answered, HookClient } from './closed-loop.js'
import { PhoenixConnection } from './phoenix-connection.js'

/** Calls `demo.echo` over the user channel of a WebSocket. */
export async function connectWebSocket(url: string, userId: string, value: string): Promise<HookClient> {
  const connection = await PhoenixConnection.join(url, userId)
  const payload = JSON.stringify({ plugin: 'demo', fn: 'echo', args: [value] })
  let failed: Answered = () => {}
  connection.onLost = (error) => failed(error)
  return {
    call(answered) {
      failed = answered
      connection.push('call_hook', payload, ({ status, response }) => {
        const { data } = response as { data?: unknown }
        answered(status === 'ok' && data === value ? undefined : new Error(`call_hook: ${status}`))
      })
    },
    close: () => connection.close()
  }
}
