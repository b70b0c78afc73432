import { silentLogger } from '../../util/logger.js'
import { guard } from '../../webrtc/native-library.js'
import type { Answered, HookCall, HookCaller } from './hook-caller.js'
import type { OpenPeer } from './peer.js'
import type { PhoenixConnection } from './phoenix-connection.js'

interface HookReply {
  type: string
  id: number
  data?: unknown
  error?: unknown
}

/** What throws in a native callback would end the process. */
const guarded = <A extends unknown[]>(callback: (...args: A) => void) => guard(silentLogger, callback)

/** Calls hooks over the DataChannel `events` of a peer that was offered through the connection. */
export function peerCaller(connection: PhoenixConnection, peer: OpenPeer, call: HookCall): HookCaller {
  return new PeerCaller(connection, peer, call)
}

class PeerCaller implements HookCaller {
  readonly #connection: PhoenixConnection
  readonly #peer: OpenPeer
  readonly #head: string
  readonly #calls = new Map<number, Answered>()
  #lastId = 0
  lostReason: string | undefined

  constructor(connection: PhoenixConnection, peer: OpenPeer, { hookPlugin: plugin, fn, args }: HookCall) {
    this.#connection = connection
    this.#peer = peer
    this.#head = `${JSON.stringify({ type: 'call_hook', plugin, fn, args }).slice(0, -1)},"id":`
    peer.channel.onMessage(guarded((message) => this.#receive(String(message))))
    peer.channel.onClosed(guarded(() => this.#lost('datachannel_closed')))
    connection.onLost = (reason) => this.#lost(reason)
  }

  get isOpen(): boolean {
    return this.lostReason === undefined
  }

  call(answered: Answered): void {
    if (!this.isOpen) return answered('connection_lost', undefined)
    const id = ++this.#lastId
    try {
      this.#peer.channel.sendMessage(`${this.#head}${id}}`)
      this.#calls.set(id, answered)
    } catch {
      // The library has closed the channel, and tells of it in a moment.
      answered('connection_lost', undefined)
    }
  }

  ping(): void {
    this.#connection.ping()
  }

  close(): Promise<void> {
    this.lostReason ??= 'closed'
    this.#peer.close()
    return this.#connection.close()
  }

  #receive(message: string): void {
    const { type, id, data, error } = JSON.parse(message) as HookReply
    const answered = this.#calls.get(id)
    this.#calls.delete(id)
    if (type === 'hook_reply') answered?.(undefined, data)
    // What is no text would not even be a key of the report.
    else answered?.(typeof error === 'string' ? error : 'unknown', undefined)
  }

  #lost(reason: string): void {
    if (!this.isOpen) return
    this.lostReason = reason
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const answered of calls) answered('connection_lost', undefined)
  }
}
