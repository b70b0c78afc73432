import type { StopResult } from './channel.js'
import type { Broadcast, ClientMessage } from './message.js'

/** What can wait in the mailbox of a channel. */
export type Task =
  | { kind: 'in'; message: ClientMessage }
  | { kind: 'out' | 'info'; broadcast: Broadcast }
  | { kind: 'call'; callback: () => StopResult | Promise<StopResult> }

/** Names the handler of a task in an error. */
export function describeTask(task: Task): string {
  switch (task.kind) {
    case 'in':
      return `the handler of ${String(task.message.event)}`
    case 'out':
      return `handleOut of ${task.broadcast.event}`
    case 'info':
      return 'handleInfo'
    case 'call':
      return 'a deferred function'
  }
}
