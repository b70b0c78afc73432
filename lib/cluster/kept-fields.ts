import type { Position, Sender } from '../history/store.js'
import { sizeOf } from '../util/size-of.js'
import { ByteWriter, sizeOfSized } from './byte-writer.js'

/** The tags of the fields of a message that an engine keeps; others pass over them. */
export const keptTags = { position: 4, sender: 5, token: 6 } as const

/** What the envelope of a message of a topic with history has behind it, as texts. */
export interface KeptFields {
  /** `<offset> <epoch>`: the engine writes it behind what it delivers. */
  readonly position?: string | undefined
  /** Whose `broadcastFrom` it is, where its client has a name. */
  readonly sender?: string | undefined
  /** By what its publisher knows whom it passes by. */
  readonly token?: string | undefined
}

/** The bytes of an envelope with more fields behind it. */
export function withFields(envelope: Uint8Array, fields: KeptFields): Uint8Array {
  const parts = [envelope]
  for (const name of Object.keys(keptTags) as (keyof KeptFields)[]) {
    const text = fields[name]
    if (text === undefined) continue
    const size = sizeOf(text)
    const writer = new ByteWriter(1 + sizeOfSized(size))
    writer.byte(keptTags[name])
    writer.sized(text, size)
    parts.push(writer.bytes)
  }
  return parts.length === 1 ? envelope : Buffer.concat(parts)
}

export const senderText = (sender: Sender | undefined): string | undefined =>
  sender && JSON.stringify([sender.user, sender.client])

/** Undefined for what is none: it may come from a newer node. */
export function readSender(text: string | undefined): Sender | undefined {
  if (text === undefined) return undefined
  try {
    const [user, client] = JSON.parse(text)
    return { user, client }
  } catch {
    return undefined
  }
}

/** `<offset> <epoch>`; undefined for what is none. */
export function readPosition(text: string | undefined): Position | undefined {
  const [, offset, epoch] = /^(\d{1,15}) (.{1,64})$/.exec(text ?? '') ?? []
  return epoch === undefined ? undefined : { epoch, offset: Number(offset) }
}
