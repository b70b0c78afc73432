import { InvalidOption } from '../errors.js'
import { longestTimer } from '../time/clock.js'
import { demandKnown, demandRecord, demandWith } from '../util/demand.js'

/** What is kept of the broadcasts to each topic of a channel. */
export interface HistoryOptions {
  /** Messages of each topic. Default 100. */
  readonly size?: number
  /** Milliseconds for which each is kept. Default 300,000, five minutes. */
  readonly ttlMs?: number
}

/** The same with the defaults. */
export type HistorySettings = Readonly<Required<HistoryOptions>>

/** What all histories of a server may take. */
export interface HistoryLimits {
  /** Topics without members whose place is kept; the longest idle goes first, and gets a new epoch. Default 100,000. */
  readonly idleTopics: number
  /** Bytes of all messages; over it the oldest go before their time. Default 256 MiB. */
  readonly bytes: number
  /** Messages that a client may have missed and still get; with more it gets none. Default 300. */
  readonly recover: number
}

export const defaultHistoryLimits: Readonly<HistoryLimits> = Object.freeze({
  idleTopics: 100_000,
  bytes: 256 * 1024 * 1024,
  recover: 300
})

const defaults: HistorySettings = Object.freeze({ size: 100, ttlMs: 300_000 })
const most = 1_000_000
const names = new Set(Object.keys(defaults))
const limitNames = new Set(Object.keys(defaultHistoryLimits))

const isWithin = (value: unknown, last: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= last

/**
 * Checks the option `history` of a channel. Throws `PHX_ERR_OPTION_INVALID`.
 *
 * @param option what it is called in the error
 */
export function demandHistory(option: string, history: unknown): void {
  demandRecord(InvalidOption, option, history, '{ size, ttlMs }')
  const demand = demandWith(InvalidOption, `${option}.`)
  demandKnown(demand, history, names)
  const { size, ttlMs } = history as Record<string, unknown>
  demand('size', size === undefined || isWithin(size, most), `must be a whole number from 1 to ${most}`)
  demand(
    'ttlMs',
    ttlMs === undefined || isWithin(ttlMs, longestTimer),
    `must be a whole number of milliseconds from 1 to ${longestTimer}`
  )
}

/** Fills in the defaults of a checked option. */
export function readHistory({
  size = defaults.size,
  ttlMs = defaults.ttlMs
}: HistoryOptions): HistorySettings {
  return Object.freeze({ size, ttlMs })
}

/** Checks the option `history` of the plugin and fills in the defaults. Throws `PHX_ERR_OPTION_INVALID`. */
export function readHistoryLimits(limits: unknown = {}): Readonly<HistoryLimits> {
  demandRecord(InvalidOption, 'history', limits)
  const demand = demandWith(InvalidOption, 'history.')
  demandKnown(demand, limits, limitNames)
  for (const [name, value] of Object.entries(limits)) {
    const isFit = value === undefined || isWithin(value, Number.MAX_SAFE_INTEGER)
    demand(name, isFit, 'must be a whole number, 1 or more')
  }
  const { idleTopics, bytes, recover } = limits as Partial<HistoryLimits>
  return Object.freeze({
    idleTopics: idleTopics ?? defaultHistoryLimits.idleTopics,
    bytes: bytes ?? defaultHistoryLimits.bytes,
    recover: recover ?? defaultHistoryLimits.recover
  })
}
