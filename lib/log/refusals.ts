// The room of what is written to logs: refusals with their reasons, and texts made short, harmless and free of
// secrets.
import { diagnostics } from '../diagnostics/diagnostics.js'
import type { Clock } from '../time/clock.js'
import { guardedLogger, type Logger } from '../util/logger.js'
import { QuietLine } from './quiet-line.js'

export type LogLevel = keyof Logger

/** What clients are refused. */
export type RefusalKind =
  | 'origin'
  | 'subprotocol'
  | 'version'
  | 'connect'
  | 'token'
  | 'expired'
  | 'expiresAt'
  | 'socketsPerUser'
  | 'sessions'
  | 'connectRate'
  | 'unmatchedTopic'
  | 'channels'
  | 'joinRate'
  | 'eventRate'
  | 'duplicateJoin'
  | 'recoverParam'
  | 'history'
  | 'callKeys'
  | 'postBytes'
  | 'accessToken'
  | 'otherUser'
  | 'peerRate'
  | 'peer'

/** What is refused, at which level Phoenix logs it, and in which words. Those that Phoenix does not know warn. */
const kinds: Readonly<Record<RefusalKind, readonly [LogLevel, string]>> = {
  origin: [
    'error',
    'refused a connect: its origin is not allowed. List it in the option checkOrigin, or let the host be the one' +
      ' that pages are loaded from: the Host header that a proxy passes on, or the option host'
  ],
  subprotocol: [
    'error',
    'refused a connect: none of its sub-protocols is supported (options websocket.subprotocols and authToken)'
  ],
  version: [
    'warn',
    'refused a connect: its protocol version, the parameter vsn, is not spoken (option serializers)'
  ],
  connect: ['info', 'refused a connect: the option connect did not accept it'],
  token: ['info', 'refused a connect: its token is not good, see problem (what verifies it, or its secret)'],
  expired: ['info', 'refused a connect: its token is over (option expiresAt)'],
  expiresAt: ['error', 'refused a connect: the option expiresAt returned no time that is to come'],
  socketsPerUser: ['warn', 'refused a connect: its user has too many sockets (limits.socketsPerUser)'],
  sessions: ['warn', 'refused a connect: too many long-poll sessions are open (longpoll.maxSessions)'],
  connectRate: ['warn', 'refused a connect: its address connects too often (limits.connects)'],
  unmatchedTopic: ['warn', 'ignored a message: no channel has its topic'],
  channels: ['warn', 'refused a join: its socket has too many channels (option maxChannels)'],
  joinRate: ['warn', 'refused a join: its user joins too often (limits.joins)'],
  recoverParam: ['warn', 'refused a join: nobody can tell what its phx_recover asks for'],
  history: ['warn', 'refused a join: what its client missed cannot be read, as the engine is away'],
  callKeys: ['warn', 'refused a call that runs once: over its limit, see limit (option once)'],
  postBytes: ['warn', 'refused a long-poll POST: the bodies of all take too much (longpoll.maxBodyBytes)'],
  eventRate: ['warn', 'refused an event: its user pushes too many (limits.events)'],
  accessToken: [
    'info',
    'refused a fresh token (access_token), see problem: its socket keeps the end that it has'
  ],
  otherUser: ['info', 'refused a join: a user channel is for its own user, see userId of userChannel'],
  peerRate: [
    'warn',
    'refused something of a WebRTC peer: its user does it too often, see limit (option limits)'
  ],
  peer: ['warn', 'a WebRTC peer did not open: its client goes on over the socket; see cause'],
  duplicateJoin: ['debug', 'closing a channel that its client has joined anew']
}

export const refusalKinds = Object.keys(kinds) as RefusalKind[]

/** Where they are counted. */
export function noRefusals(): Record<RefusalKind, number> {
  return Object.fromEntries(refusalKinds.map((kind) => [kind, 0])) as Record<RefusalKind, number>
}

/** Other levels than the usual ones; false logs nothing of that kind. */
export type RefusalLevels = { readonly [kind in RefusalKind]?: LogLevel | false }

/** What a line says beside its words; text of clients is cut. */
export type RefusalDetails = Readonly<Record<string, unknown>>

const maxLength = 200

/** Where clients are refused: the mount, and its node. */
export interface RefusalPlace {
  readonly node: string
  readonly path: string
}

/**
 * Says in the log why clients are refused, one line of a kind in a second, and counts it. Tokens and payloads are no
 * details.
 */
export class Refusals {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #levels: RefusalLevels | false
  readonly #place: RefusalPlace
  readonly #counts: Record<RefusalKind, number>
  readonly #lines = new Map<RefusalKind, QuietLine>()

  constructor(
    log: Logger,
    clock: Clock,
    levels: RefusalLevels | false = {},
    place: RefusalPlace = { node: '', path: '' },
    counts = noRefusals()
  ) {
    this.#place = place
    this.#counts = counts
    this.#log = guardedLogger(log)
    this.#clock = clock
    this.#levels = levels
  }

  add(kind: RefusalKind, details: RefusalDetails): void {
    this.#counts[kind]++
    const { refused } = diagnostics
    if (refused.hasSubscribers) {
      const { node, path } = this.#place
      refused.publish({ node, path, kind, words: kinds[kind][1], details: cut(details) })
    }
    let line = this.#lines.get(kind)
    if (line === undefined) {
      line = new QuietLine(this.#clock, (each) => this.#write(kind, each))
      this.#lines.set(kind, line)
    }
    line.add(details)
  }

  #write(kind: RefusalKind, details: object): void {
    const [usual, words] = kinds[kind]
    const level = this.#levels === false ? false : (this.#levels[kind] ?? usual)
    if (level === false) return
    this.#log[level]({ refusal: kind, ...cut(details) }, words)
  }
}

function cut(details: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, short(value)]))
}

function short(value: unknown): unknown {
  if (typeof value === 'number' || value === null) return value
  const text = typeof value === 'string' ? value : typeof value
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text
}
