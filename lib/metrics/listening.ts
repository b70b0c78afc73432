import type { Channel, TracingChannel } from 'node:diagnostics_channel'
import type { Trace } from '../diagnostics/events.js'

/** A trace with the moment at which it began, on the clock of `performance`. */
type Timed = Trace & { startedAt?: number }

/** What listens to diagnostics channels, until it is closed. */
export class Listening {
  readonly #ends: (() => void)[] = []

  on<Message>(channel: Channel<unknown, Message>, listener: (message: Message) => void): void {
    // Node knows a listener of any message alone.
    const listen = (message: unknown): void => listener(message as Message)
    channel.subscribe(listen)
    this.#ends.push(() => channel.unsubscribe(listen))
  }

  /** Calls back at the end of each trace. */
  onTrace<Message extends Trace & object>(
    channels: TracingChannel<unknown, Message>,
    listener: (message: Message, seconds: number) => void
  ): void {
    const done = (message: Timed): void =>
      listener(message as Timed & Message, (performance.now() - (message.startedAt ?? 0)) / 1000)
    this.on<Timed>(channels.start as Channel<unknown, Timed>, (message) => {
      message.startedAt ??= performance.now()
    })
    this.on<Timed>(channels.end as Channel<unknown, Timed>, (message) => {
      // What began before anybody listened has no time.
      if (message.isAsync !== true && message.startedAt !== undefined) done(message)
    })
    this.on<Timed>(channels.asyncEnd as Channel<unknown, Timed>, (message) => {
      if (message.startedAt !== undefined) done(message)
    })
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end()
  }
}
