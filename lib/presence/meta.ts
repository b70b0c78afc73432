import { PresenceMetaInvalid } from '../errors.js'
import { isMap, parseText, stringify } from '../protocol/serializer/json.js'
import { describe, disown } from '../util/describe.js'
import { isRecord } from '../util/is-record.js'

/** What is known of one presence: what the application gave, and the refs of the tracker. */
export interface Meta {
  /** Names this meta until it changes; unlike any other of the server. */
  readonly phx_ref: string
  /** The ref before the last update. */
  readonly phx_ref_prev?: string
  readonly [field: string]: unknown
}

/** A meta where it is tracked, with its JSON text: that is made once, for all diffs and lists it is in. */
export interface Tracked {
  readonly topic: string
  readonly key: string
  readonly meta: Meta
  readonly text: string
}

/** The refs of one change of the tracker. */
export interface Refs {
  readonly phx_ref: string
  readonly phx_ref_prev?: string
}

/**
 * Makes a meta of what the application gave; refs among its fields give way to the tracker's.
 * Throws `PHX_ERR_PRESENCE_META` when that is no object or no JSON: found out later, it would break
 * the diffs and lists of the whole topic.
 */
export function makeTracked(topic: string, key: string, given: object, refs: Refs): Tracked {
  if (!isRecord(given)) {
    disown(given)
    throw new PresenceMetaInvalid(`is no object, but ${describe(given)}`)
  }
  const { phx_ref, phx_ref_prev, ...fields } = given as Partial<Refs>
  // Frozen, as the text would not follow a change.
  const meta = Object.freeze({ ...fields, ...refs })
  return { topic, key, meta, text: metaText(meta) }
}

/** A meta that another node made, by its text. Undefined where that is no meta: it would break what clients get. */
export function readTracked(topic: string, key: string, text: string): Tracked | undefined {
  let meta: unknown
  try {
    meta = parseText(text)
  } catch {
    return undefined
  }
  if (!text.startsWith('{') || !isMap(meta)) return undefined
  const { phx_ref } = meta as Partial<Meta>
  if (typeof phx_ref !== 'string' || phx_ref === '') return undefined
  return { topic, key, meta: Object.freeze(meta as Meta), text }
}

function metaText(meta: Meta): string {
  let text: string
  try {
    text = stringify(meta)
  } catch (cause) {
    throw new PresenceMetaInvalid('is no JSON', { cause })
  }
  // A field called toJSON can make anything of it.
  if (!text.startsWith('{')) throw new PresenceMetaInvalid('is no object in JSON')
  return text
}

/** What the application gave, to make the next meta of it. */
export function fieldsOf({ meta }: Tracked): object {
  const { phx_ref, phx_ref_prev, ...fields } = meta
  return fields
}
