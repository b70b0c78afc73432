import type { Broadcast, ClientMessage } from '../protocol/message.js'
import type { Delivery } from '../pubsub/delivery.js'
import type { StopResult } from './channel.js'

/** A message of the client that waits: its payload is still in its frame, which takes far less room. */
export interface WaitingMessage {
  readonly kind: 'waiting'
  readonly head: ClientMessage
  readonly frame: Buffer
  readonly isBinary: boolean
}

/** A broadcast that the application handles. */
export interface BroadcastTask {
  readonly kind: 'out' | 'info'
  readonly broadcast: Broadcast
  /** What it takes of the room for what waits. */
  readonly bytes: number
  readonly origin: Delivery['origin']
  /** Where its client counts what it gets: what it is told of when this was handled. */
  readonly counted?: Delivery | undefined
}

/** What can be handled by a channel, now or when it was its turn in the mailbox. */
export type Task =
  | { readonly kind: 'in'; readonly message: ClientMessage }
  | BroadcastTask
  | { readonly kind: 'call'; readonly callback: () => StopResult | Promise<StopResult> }

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
