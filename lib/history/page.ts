import { demand, isCount } from '../options.js'
import { JsonText } from '../protocol/serializer/json.js'
import { isObject } from '../util/is-object.js'
import type { TopicHistories } from './history.js'
import type { HistorySettings } from './options.js'
import type { KeptMessage, Position } from './store.js'

/** What to read of a topic. */
export interface HistoryQuery {
  /** The last message that is known. Default: from the oldest that is kept. */
  readonly since?: Position | undefined
  /** Messages at most, the oldest first. Default 100. */
  readonly limit?: number | undefined
}

/** A message that was broadcast to a topic. */
export interface HistoryMessage {
  readonly offset: number
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number
  readonly event: string
  /** An object, or bytes as a Uint8Array; a copy. */
  readonly payload: unknown
}

/** What was read of a topic. */
export interface HistoryPage {
  /** Where the topic is now; the messages may end ahead of it. */
  readonly position: Position
  /** Whether nothing is missing between `since` and the first message; false too where `since` is of another epoch. */
  readonly complete: boolean
  /** In their order, none where they are not complete. */
  readonly messages: readonly HistoryMessage[]
}

const longestEpoch = 64

/** Throws `PHX_ERR_OPTION_INVALID` for a position or a number that is none. */
export async function readPage(
  histories: TopicHistories,
  topic: string,
  settings: HistorySettings,
  query: HistoryQuery
): Promise<HistoryPage> {
  const { since, limit = 100 } = query
  demand('since', since === undefined || isPosition(since), 'must be a position, { epoch, offset }')
  demand('limit', isCount(limit), 'must be a whole number, not negative')
  const { position, loss, messages } = await (histories.shared ?? histories).read(
    topic,
    settings,
    since,
    limit
  )
  return { position, complete: loss === undefined, messages: messages.map(copyOf) }
}

function isPosition(value: unknown): boolean {
  if (!isObject(value) || !isCount(value.offset)) return false
  const { epoch } = value
  return typeof epoch === 'string' && epoch !== '' && epoch.length <= longestEpoch
}

/** What a reader does with it must not change what others read. */
function copyOf({ offset, at, event, payload }: KeptMessage): HistoryMessage {
  const copy = payload instanceof JsonText ? JSON.parse(payload.text) : Uint8Array.from(payload)
  return { offset, at, event, payload: copy }
}
