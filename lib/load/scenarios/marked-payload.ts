import { LoadOptionInvalid } from '../options/errors.js'
import type { Flags } from '../options/flags.js'

/** What a message is known by, wherever it is heard. */
export interface Mark {
  readonly id: number
  /** Number of the room that it was sent to. */
  readonly room: number
  /** Place of its sender among the members of the room. */
  readonly sender: number
}

export interface MarkedPayloadOptions {
  /** JSON text with `{id}` in it. */
  readonly payload: string
  /** Of the payload, as JSON text; 0 for as many as it takes. */
  readonly bytes: number
}

export const pushOptions = ['event', 'heard-event', 'payload', 'bytes'] as const

/** What is pushed, and what the others hear then. */
export interface PushOptions extends MarkedPayloadOptions {
  readonly event: string
  readonly heardEvent: string
}

const place = '{id}'

/** The mark takes no more: an identifier of the load, and three numbers. */
const longestMark = 48

const numbers = /^([0-9a-z]{1,9})-([0-9a-z]{1,9})-([0-9a-z]{1,9})-/

/** Reads what is pushed, how large that is, and what is heard of it. */
export function readPushOptions(flags: Flags): PushOptions {
  const event = flags.text('event', 'shout')
  return { event, heardEvent: flags.text('heard-event', event), ...readMarkedPayload(flags) }
}

function readMarkedPayload(flags: Flags): MarkedPayloadOptions {
  const payload = flags.jsonObject('payload', `{"text":"${place}"}`)
  if (!payload.includes(place)) {
    throw new LoadOptionInvalid('--payload', `must have ${place} in a text: a message is known again by it`)
  }
  const least = Buffer.byteLength(payload) - place.length + longestMark
  const range = { least, most: 1024 * 1024, whole: true }
  return { payload, bytes: flags.number('bytes', 0, range) }
}

/**
 * Payloads that are all alike but for a mark. It is looked for in the whole message: a server may broadcast what
 * it was pushed under another name, and beside other things.
 */
export class MarkedPayload {
  readonly #head: string
  readonly #tail: string
  readonly #bytes: number
  readonly #begin: string

  /** @param load tells the messages of this load from those of others; lower case letters and digits */
  constructor({ payload, bytes }: MarkedPayloadOptions, load: string) {
    const at = payload.indexOf(place)
    this.#head = payload.slice(0, at)
    this.#tail = payload.slice(at + place.length)
    this.#bytes = bytes === 0 ? 0 : bytes - Buffer.byteLength(this.#head + this.#tail)
    this.#begin = `load${load}-`
  }

  write({ id, room, sender }: Mark): string {
    const mark = `${this.#begin}${id.toString(36)}-${room.toString(36)}-${sender.toString(36)}-`
    return this.#head + mark.padEnd(this.#bytes, 'x') + this.#tail
  }

  /** Undefined for a message without a mark of this load. */
  read(message: Buffer): Mark | undefined {
    const at = message.indexOf(this.#begin)
    if (at === -1) return undefined
    const from = at + this.#begin.length
    const [, id, room, sender] = numbers.exec(message.toString('latin1', from, from + longestMark)) ?? []
    if (id === undefined || room === undefined || sender === undefined) return undefined
    return {
      id: Number.parseInt(id, 36),
      room: Number.parseInt(room, 36),
      sender: Number.parseInt(sender, 36)
    }
  }
}
