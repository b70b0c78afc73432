import type { Channel, TracingChannel } from 'node:diagnostics_channel'
import type { Trace } from './events.js'

/** What listens to diagnostics channels, until it is closed. */
export class Listening {
  readonly #ends: (() => void)[] = []

  on<Message>(channel: Channel<unknown, Message>, listener: (message: Message) => void): void {
    // Node knows a listener of any message alone.
    const listen = (message: unknown): void => listener(message as Message)
    channel.subscribe(listen)
    this.#ends.push(() => channel.unsubscribe(listen))
  }

  /** Calls back at the start and at the end of each trace. */
  onTrace<Message extends Trace & object>(
    channels: TracingChannel<unknown, Message>,
    started: (message: Message) => void,
    over: (message: Message) => void
  ): void {
    this.on<Message>(channels.start, started)
    this.onOver(channels, over)
  }

  /** Calls back at the end of each trace. */
  onOver<Message extends Trace & object>(
    channels: TracingChannel<unknown, Message>,
    over: (message: Message) => void
  ): void {
    this.on(channels.end as Channel<unknown, Message>, (message) => {
      if (message.isAsync !== true) over(message)
    })
    this.on(channels.asyncEnd as Channel<unknown, Message>, over)
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end()
  }
}
