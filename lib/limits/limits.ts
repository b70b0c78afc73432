// The room of limits: how much a client, a user or all of them may use, and what counts it.
import { InvalidOption } from '../errors.js'
import { longestTimer } from '../time/clock.js'
import { noSuch } from '../util/near-miss.js'

/**
 * So many in so much time, and never more: room comes back up to a thirty-second of the time late. A `count` of 0
 * turns the limit off.
 */
export interface Rate {
  /** How many; a whole number. */
  count: number
  /** Milliseconds. */
  windowMs: number
}

/**
 * What one client, or one user over all of their sockets and peers, may do. A limit of 0 is off.
 * Defaults are in {@link defaultLimits}.
 */
export interface Limits {
  /** Bytes of one WebSocket frame; a larger one closes the socket with 1009. */
  frameBytes: number
  /** Events a user pushes over their sockets; over it the channel stops with `rate_limited`. */
  events: Rate
  /** Bytes of all frames with events and joins of a user; over it as over {@link events} and {@link joins}. */
  eventBytes: Rate
  /** Joins of a user; over it the join is refused with `rate_limited`. */
  joins: Rate
  /** Joins of one topic by one user; over it the join is refused with `rate_limited`. */
  topicJoins: Rate
  /** Connects from one address; over it they are refused, by default with 429. */
  connects: Rate
  /** WebRTC offers from a user, each of which makes a peer; over it the offer is refused with `rate_limited`. */
  offers: Rate
  /** ICE candidates from a user; over it `ice_rate_limited`. */
  iceCandidates: Rate
  /** DataChannel messages from a user; over it the peer closes with state `rate_limited`. */
  dataChannelMessages: Rate
  /** Bytes of one DataChannel message; a larger one is dropped. */
  dataChannelMessageBytes: number
  /** DataChannels one peer may hold open; a further one is closed. */
  dataChannelsPerPeer: number
  /**
   * Sockets of one user. At the limit the oldest are asked for a sign of life, see `signOfLifeMs`; a
   * further connect is refused with 403 while all of them live.
   */
  socketsPerUser: number
  /**
   * Milliseconds that sockets which are asked for a sign of life have to give it, while a connect over
   * `socketsPerUser` waits for a place; 0 asks nobody and refuses at once.
   */
  signOfLifeMs: number
  /** Hook calls of one user that are not answered yet; over it `overloaded`. */
  callsInFlight: number
  /** Milliseconds a hook may take; over it `timeout`. */
  hookTimeoutMs: number
  /**
   * Bytes that may wait for a client. Over it one that takes nothing for `queueStallMs` is closed, and
   * what the application sends on a DataChannel is dropped and counted, see `SendDataOptions`. What was
   * sent in one turn of the event loop waits with whatever it is.
   */
  queuedBytes: number
  /** Milliseconds without progress after which a client for which more than `queuedBytes` wait is closed. */
  queueStallMs: number
  /**
   * Bytes that may wait for a client that does make progress. What was sent in one turn of the event loop
   * does not count: a client that reads gets it, however large it is.
   */
  queuedBytesMax: number
  /**
   * Bytes that may wait for all sockets of the server; what many of them wait for counts once. Over it those
   * furthest behind are closed, first the ones that take nothing.
   */
  queuedBytesTotal: number
  /**
   * Messages that wait for a handler of one channel: intercepted broadcasts, those of other topics, and
   * what was deferred. Over it the channel ends as a failure does (`phx_error`).
   */
  mailboxMessages: number
  /**
   * Bytes that wait on behalf of one socket: behind a join, for handlers of its channels, and answers behind a slow
   * call. From a quarter of it on, the client is not read. Over it the channel ends as a failure does
   * (`phx_error`), and an answer is replaced by `overloaded`. Nor is a client read while the messages that async
   * handlers have in hand take more memory.
   */
  mailboxBytes: number
  /**
   * As {@link mailboxBytes}, over all sockets of a user, those included that have closed and still are worked off. While
   * what is in hand takes more memory, hook calls are `overloaded`.
   */
  userMailboxBytes: number
  /** Bytes of a topic, event, ref or join_ref of a client, each; a longer one is malformed: 1011. */
  headBytes: number
  /** Arguments of one hook call; over it `too_many_args`. */
  hookArgs: number
  /**
   * Bytes of JSON of all arguments of one hook call, or of the encoded request of a typed one; over it
   * `args_too_large`. A typed request may also have no more fields than this, the absent ones included.
   */
  hookArgsBytes: number
}

/** The limits that can count over all nodes of a cluster. */
export type ClusterLimit = 'socketsPerUser'

export const clusterLimitNames: readonly ClusterLimit[] = ['socketsPerUser']

/** What holds where the option `limits` says nothing. */
export const defaultLimits: Readonly<Limits> = Object.freeze({
  frameBytes: 128 * 1024,
  events: Object.freeze({ count: 300, windowMs: 10_000 }),
  eventBytes: Object.freeze({ count: 16 * 1024 * 1024, windowMs: 10_000 }),
  joins: Object.freeze({ count: 300, windowMs: 10_000 }),
  topicJoins: Object.freeze({ count: 30, windowMs: 10_000 }),
  connects: Object.freeze({ count: 2000, windowMs: 10_000 }),
  offers: Object.freeze({ count: 100, windowMs: 30_000 }),
  iceCandidates: Object.freeze({ count: 150, windowMs: 30_000 }),
  dataChannelMessages: Object.freeze({ count: 600, windowMs: 10_000 }),
  dataChannelMessageBytes: 64 * 1024,
  dataChannelsPerPeer: 4,
  socketsPerUser: 8,
  signOfLifeMs: 3_000,
  callsInFlight: 64,
  hookTimeoutMs: 10_000,
  queuedBytes: 1024 * 1024,
  queueStallMs: 10_000,
  queuedBytesMax: 16 * 1024 * 1024,
  queuedBytesTotal: 256 * 1024 * 1024,
  mailboxMessages: 10_000,
  mailboxBytes: 4 * 1024 * 1024,
  userMailboxBytes: 16 * 1024 * 1024,
  headBytes: 1024,
  hookArgs: 32,
  hookArgsBytes: 64 * 1024
})

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function rateProblem(value: unknown): string | undefined {
  const { count, windowMs, ...others } = Object(value) as Record<string, unknown>
  const isRate = isCount(count) && isCount(windowMs) && windowMs > 0 && Object.keys(others).length === 0
  return isRate
    ? undefined
    : 'must be { count, windowMs }, a whole number and a positive number of milliseconds'
}

/** What is wrong with an override of one limit, or undefined when nothing is. */
export function limitProblem(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(defaultLimits, name)) return noSuch('limit', name, Object.keys(defaultLimits))
  if (typeof defaultLimits[name as keyof Limits] === 'object') return rateProblem(value)
  if (!isCount(value)) return 'must be a whole number, not negative'
  return name.endsWith('Ms') && value > longestTimer ? `must be at most ${longestTimer}` : undefined
}

/**
 * Lays overrides of single limits over the defaults.
 * Throws `PHX_ERR_OPTION_INVALID` for a limit that does not exist or has a wrong value.
 */
export function mergeLimits(overrides: Partial<Limits> = {}): Readonly<Limits> {
  if (typeof overrides !== 'object' || overrides === null || Array.isArray(overrides)) {
    throw new InvalidOption('limits', 'must be an object')
  }
  for (const [name, value] of Object.entries(overrides)) {
    const problem = limitProblem(name, value)
    if (problem !== undefined) throw new InvalidOption(`limits.${name}`, problem)
  }
  return Object.freeze({ ...defaultLimits, ...overrides })
}
