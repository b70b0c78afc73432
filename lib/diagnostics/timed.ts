import type { TracingChannel } from 'node:diagnostics_channel'
import type { Trace } from './events.js'
import type { Listening } from './listening.js'

/** A trace with the moment at which it began, on the clock of `performance`. */
type Timed = Trace & { startedAt?: number }

/** Calls back at the end of each trace with how long it took; what began before anybody listened has no time. */
export function onTimed<Message extends Trace & object>(
  listening: Listening,
  channels: TracingChannel<unknown, Message>,
  listener: (message: Message, seconds: number) => void
): void {
  listening.onTrace<Message & Timed>(
    channels as TracingChannel<unknown, Message & Timed>,
    (message) => {
      message.startedAt ??= performance.now()
    },
    (message) => {
      if (message.startedAt !== undefined) listener(message, (performance.now() - message.startedAt) / 1000)
    }
  )
}
