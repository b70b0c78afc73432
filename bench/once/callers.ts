import { LongPoll, Socket } from 'phoenix'
import { WebSocket } from 'ws'
import { createHookClient, type HookClient, HookError } from '../../lib/client/client.js'
import { createLoopbackPeer } from '../lib/loopback-peer.js'
import type { counted } from './node.js'

export const transports = ['datachannel', 'websocket', 'longpoll'] as const
export type CallerTransport = (typeof transports)[number]

/** What became of all calls of one user. */
export interface Tally {
  readonly answered: string[]
  /** Calls of which the server said `outcome_unknown`. */
  readonly unknown: string[]
  /** Calls that ended in any other way, with how. */
  readonly failed: [name: string, how: string][]
}

/** One user, whose calls run once; whatever carries them may end at any moment. */
export class Caller {
  readonly tally: Tally = { answered: [], unknown: [], failed: [] }
  readonly #userId: string
  readonly #socket: Socket
  readonly #client: HookClient<typeof counted>
  readonly #random: () => number

  constructor(port: number, userId: string, transport: CallerTransport, random: () => number) {
    this.#userId = userId
    this.#random = random
    const isPolling = transport === 'longpoll'
    this.#socket = new Socket(`${isPolling ? 'http' : 'ws'}://127.0.0.1:${port}/socket`, {
      transport: (isPolling ? LongPoll : WebSocket) as never,
      params: { user_id: userId },
      timeout: 10_000,
      reconnectAfterMs: () => 20,
      rejoinAfterMs: () => 20
    } as ConstructorParameters<typeof Socket>[1])
    this.#socket.onError(() => {})
    this.#socket.connect()
    const channel = this.#socket.channel(`user:${userId}`)
    this.#client = createHookClient<typeof counted>(channel, {
      createPeer: transport === 'datachannel' && createLoopbackPeer,
      reopenAfterMs: () => 20,
      timeoutMs: 120_000
    })
    channel.join()
  }

  /** Makes so many calls, several at a time. */
  async callAll(count: number, atOnce: number): Promise<void> {
    let next = 0
    const line = async (): Promise<void> => {
      while (next < count) await this.#call(`${this.#userId} ${next++}`)
    }
    await Promise.all(Array.from({ length: atOnce }, line))
  }

  /** Another peer takes the place of the one that there is, with whatever is under way. */
  reopen(): void {
    this.#client.reopen()
  }

  close(): void {
    this.#client.close()
    this.#socket.disconnect()
  }

  async #call(name: string): Promise<void> {
    const { answered, unknown, failed } = this.tally
    const ms = this.#random() < 0.5 ? 0 : Math.floor(this.#random() * 30)
    try {
      const answer = await this.#client.callWith({ once: true }, 'counted', 'run', name, ms)
      if (answer === `${this.#userId} ${name}`) answered.push(name)
      else failed.push([name, `answered ${answer}`])
    } catch (err) {
      if (err instanceof HookError && err.reason === 'outcome_unknown') unknown.push(name)
      else failed.push([name, err instanceof HookError ? err.reason : String(err)])
    }
  }
}
