import { isObject } from '../util/is-object.js'
import type { TopicHistories } from './history.js'
import type { HistorySettings } from './options.js'
import type { KeptMessage, Loss, Position, SharedHistory } from './store.js'

/** The parameter of a join by which a client asks for what it has missed, and its name in the reply. */
export const recoverParam = 'phx_recover'

/** What a client asks for that is to miss nothing. */
export interface RecoverAsk {
  /** The last that it has seen; undefined the first time. */
  readonly since: Position | undefined
  /** What it calls itself. */
  readonly client: string | undefined
}

/** What came of it: `first` where nothing was asked for, `limit` where more is missing than a client is sent. */
export type RecoveryResult = 'first' | 'recovered' | 'limit' | Loss

/** Where a client goes on. */
export interface Recovery {
  readonly result: RecoveryResult
  /** What the reply to the join says. */
  readonly answer: RecoverAnswer
  /** What follows it. */
  readonly messages: readonly KeptMessage[]
}

export interface RecoverAnswer extends Position {
  readonly recovered: boolean
  /** How many messages follow. */
  readonly count: number
}

/** Characters of an epoch, and of what a client calls itself. */
const longestName = 64

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= longestName

/**
 * What the parameters of a join ask for; undefined where they ask for nothing, and null where nobody can tell what.
 */
export function readAsk(params: unknown): RecoverAsk | null | undefined {
  if (!isObject(params) || !Object.hasOwn(params, recoverParam)) return undefined
  const asked = params[recoverParam]
  if (!isObject(asked)) return null
  const { epoch, offset, client } = ownMembers(asked)
  if (client !== undefined && !isName(client)) return null
  if (epoch === undefined && offset === undefined) return { since: undefined, client }
  if (!isName(epoch) || !Number.isSafeInteger(offset) || (offset as number) < 0) return null
  return { since: { epoch, offset: offset as number }, client }
}

/** Nothing that objects inherit is what a client says. */
const ownMembers = (value: object): Readonly<Record<string, unknown>> => ({ __proto__: null, ...value })

/** Reads what the client has missed: all of it or nothing. */
export function recover(
  histories: TopicHistories,
  topic: string,
  settings: HistorySettings,
  { since }: RecoverAsk
): Recovery {
  if (since === undefined) return lost('first', histories.position(topic, settings))
  const { recover: most } = histories.limits
  const { position, loss, messages } = histories.read(topic, settings, since, most)
  if (loss !== undefined) return lost(loss, position)
  if (position.offset - since.offset > most) return lost('limit', position)
  const answer = { ...since, recovered: true, count: messages.length }
  return { result: 'recovered', answer, messages }
}

/** As {@link recover}, of what an engine keeps. Rejects with `PHX_ERR_HISTORY_UNAVAILABLE`. */
export async function recoverShared(
  { shared, limits }: TopicHistories,
  topic: string,
  settings: HistorySettings,
  { since }: RecoverAsk
): Promise<Recovery> {
  const { recover: most } = limits
  const limit = since === undefined ? 0 : most
  const slice = await (shared as SharedHistory).recent(topic, settings, limit, since)
  const { position, messages } = slice
  if (since === undefined) return lost('first', position)
  if (since.epoch !== position.epoch) return lost('epoch', position)
  const missed = position.offset - since.offset
  if (missed < 0) return lost('ahead', position)
  if (missed > most) return lost('limit', position)
  const found = missed === 0 ? [] : messages.slice(-missed)
  // A whole one ends where the topic does, and begins behind what was seen.
  const isWhole = found.length === missed && (missed === 0 || found[0]?.offset === since.offset + 1)
  if (!isWhole) return lost('gap', position)
  return { result: 'recovered', answer: { ...since, recovered: true, count: missed }, messages: found }
}

const lost = (result: RecoveryResult, position: Position): Recovery => ({
  result,
  answer: { ...position, recovered: false, count: 0 },
  messages: []
})
