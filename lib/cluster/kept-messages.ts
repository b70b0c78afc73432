import { DataMessage } from '../data/message.js'
import type { KeptMessage, Position } from '../history/store.js'
import type { Origin } from '../pubsub/pubsub.js'
import type { EngineMessage, EngineSlice } from './adapter.js'
import { type BroadcastEnvelope, decodeEnvelope, type Envelope } from './envelope.js'
import { readSender } from './kept-fields.js'

/** A message of a topic with history on its way to the members of this node. */
export interface KeptArrival {
  readonly position: Position
  readonly message: KeptMessage
  /** Where it came from: its publisher knows whom it passes by. */
  readonly envelope?: Pick<BroadcastEnvelope, 'publisher' | 'kept'> | undefined
  readonly origin?: Origin
}

/** Whether the engine keeps it, which brings it to its publisher, too. */
export function isKept(envelope: Envelope): envelope is BroadcastEnvelope {
  return envelope.kind === 'broadcast' && envelope.kept?.position !== undefined
}

export function messageOf(
  { event, body, kept }: Pick<BroadcastEnvelope, 'event' | 'body' | 'kept'>,
  offset: number,
  at: number
): KeptMessage {
  // Data for DataChannels is never kept.
  const payload = body instanceof DataMessage ? Buffer.alloc(0) : body
  return { offset, at, event, payload, sender: readSender(kept?.sender) }
}

/**
 * The messages of a slice. What cannot be read takes its place all the same: others may be able to.
 *
 * @param known those of an earlier one of the same epoch
 */
export function keptMessages({ messages }: EngineSlice, known: readonly KeptMessage[] = []): KeptMessage[] {
  const first = known[0]?.offset ?? 0
  return messages.map((message) => {
    const same = known[message.offset - first]
    return same?.offset === message.offset ? same : read(message).message
  })
}

/** The messages of a slice, for those who were there when they should have come. */
export function arrivalsOf({ epoch, messages }: EngineSlice): KeptArrival[] {
  return messages.map((each) => ({ position: { epoch, offset: each.offset }, ...read(each) }))
}

function read({ offset, at, bytes }: EngineMessage): Pick<KeptArrival, 'message' | 'envelope'> {
  const envelope = decodeEnvelope(bytes)
  if (envelope.kind === 'broadcast') return { message: messageOf(envelope, offset, at), envelope }
  return { message: messageOf({ event: '', body: Buffer.alloc(0) }, offset, at) }
}
