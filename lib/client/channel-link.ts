import {
  endOf,
  type PhoenixChannel,
  type PhoenixPush,
  phoenixEvents,
  type ReplyStatus,
  type SocketEnd
} from './phoenix.js'
import { dropPush } from './triggers.js'

/** How a push ended: with a reply or without one in time, or as the join did that it belonged to. */
export type PushStatus = ReplyStatus | SocketEnd

export interface LinkHandlers {
  /** The channel was joined, for the first time or again. */
  onJoined(): void
  /** The join ended; phoenix.js joins again. */
  onLost(): void
  /** The channel was left, or the server closed it, for good. */
  onClosed(): void
}

type Settle = (status: PushStatus, response: unknown) => void

/** The user channel as the client uses it: follows its joins, and leaves nothing in it when it is closed. */
export class ChannelLink {
  readonly #channel: PhoenixChannel
  readonly #handlers: LinkHandlers
  readonly #bindings: [event: string, ref: number][] = []
  /** Those without a reply yet. */
  readonly #pushes = new Map<PhoenixPush, Settle>()
  #joined = false
  /** What is to be taken off the socket. */
  #closeRef: unknown
  /** How the socket ended last; `lost` where the join ended and the socket goes on. */
  #end: SocketEnd = 'lost'

  constructor(channel: PhoenixChannel, handlers: LinkHandlers) {
    this.#channel = channel
    this.#handlers = handlers
  }

  get joined(): boolean {
    return this.#joined
  }

  start(): void {
    // The channel's own handlers were there first: its state is up to date in ours.
    this.on(phoenixEvents.reply, () => this.#look())
    this.on(phoenixEvents.error, () => this.#lose())
    this.on(phoenixEvents.close, () => {
      this.#joined = false
      this.#handlers.onClosed()
    })
    this.#closeRef = this.#channel.socket?.onClose((event) => {
      this.#end = endOf(event)
    })
    this.#look()
  }

  on(event: string, callback: (payload: unknown) => void): void {
    this.#bindings.push([event, this.#channel.on(event, callback)])
  }

  /**
   * Pushes an event to the joined channel. `settle` is called once, unless the push is cancelled.
   *
   * @param timeout milliseconds to wait for the reply; default: the channel's
   */
  push(event: string, payload: object, settle: Settle = () => {}, timeout?: number): PhoenixPush {
    const push = this.#channel.push(event, payload, timeout)
    this.#pushes.set(push, settle)
    for (const status of ['ok', 'error', 'timeout'] as const) {
      push.receive(status, (response) => {
        if (this.#pushes.delete(push)) settle(status, response)
      })
    }
    return push
  }

  /** Waits no longer for the reply to a push. */
  cancel(push: PhoenixPush): void {
    if (this.#pushes.delete(push)) dropPush(push)
  }

  /** Takes everything off the channel, which itself goes on. */
  close(): void {
    this.#joined = false
    for (const [event, ref] of this.#bindings.splice(0)) this.#channel.off(event, ref)
    this.#channel.socket?.off?.([this.#closeRef])
    for (const push of [...this.#pushes.keys()]) this.cancel(push)
  }

  #look(): void {
    if (this.#joined || this.#channel.state !== 'joined') return
    this.#joined = true
    this.#handlers.onJoined()
  }

  #lose(): void {
    if (!this.#joined) return
    this.#joined = false
    const lost = [...this.#pushes]
    for (const [push] of lost) this.cancel(push)
    this.#handlers.onLost()
    this.#end = 'lost'
    // The channel hears of the end of its socket first, and why it ended comes in the same turn.
    queueMicrotask(() => {
      for (const [, settle] of lost) settle(this.#end, undefined)
    })
  }
}
