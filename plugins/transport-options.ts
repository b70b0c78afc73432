import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidOption } from '../lib/errors.js'
import { demand, isCount, isFunction, isStrings, isTime, timeRange } from '../lib/options.js'
import { longestTimer } from '../lib/time/clock.js'
import { minSecretBytes } from '../lib/transport/session-token.js'
import { demandKnown, demandRecord } from '../lib/util/demand.js'

/** Options of the WebSocket transport of one mount. */
export interface WebSocketOptions {
  /** Path below the mount; `:name` segments become connect parameters. Default `websocket`. */
  path?: string
  /**
   * Milliseconds without anything from the client, after which it is closed (1002), up to a sixteenth of
   * that late; 0 is never. Default 60,000.
   */
  timeoutMs?: number
  /** Whether clients may negotiate permessage-deflate. Default false. */
  compress?: boolean
  /** Sub-protocols in the order of preference; clients that offer none of them are refused. Default none. */
  subprotocols?: readonly string[]
  /**
   * Answers a connect that `connect` refused with a reason (`error_handler` in Phoenix).
   * Default: 403 with an empty body.
   */
  errorHandler?: (reason: unknown, request: FastifyRequest, reply: FastifyReply) => unknown
}

/** Options of the long-poll transport of one mount. */
export interface LongPollOptions {
  /** Path below the mount; `:name` segments become connect parameters. Default `longpoll`. */
  path?: string
  /**
   * Milliseconds that a poll waits for a message, and a POST for its messages to be taken; a session
   * that is not polled for one and a half times as long ends. Default 10,000.
   */
  windowMs?: number
  /**
   * Sessions that may be open at once; unlike WebSockets they hold no connection, of which the system has
   * only so many. A further client is refused (403). 0 is no limit. Default 50,000.
   */
  maxSessions?: number
  /** Milliseconds in which the body of a request has to be there; then its connection ends. Default 15,000. */
  bodyTimeoutMs?: number
  /**
   * Bytes of the bodies of POSTs that may be here at once, over all sessions; each has one at a time, of eight
   * frames at the most. Beyond, POSTs are answered 503. Answers that are fetched from other nodes count, too. 0 is no
   * limit. Default 64 MiB.
   */
  maxBodyBytes?: number
  /**
   * Signs the tokens of sessions where there is a `cluster`, so that any node serves them: the same 32 bytes or more on
   * all nodes. Default: one of this node alone; then a session is gone (410) where another node is asked.
   */
  secret?: string | Uint8Array
}

/** Those of the long-poll transport with their defaults. */
export interface LongPollSettings extends Required<Omit<LongPollOptions, 'secret'>> {
  readonly secret: Buffer | undefined
}

/** Those of the WebSocket transport with their defaults. */
export interface WebSocketSettings extends Required<Omit<WebSocketOptions, 'errorHandler'>> {
  readonly errorHandler: WebSocketOptions['errorHandler'] | undefined
}

const longPollOptionNames = new Set([
  'path',
  'windowMs',
  'maxSessions',
  'bodyTimeoutMs',
  'maxBodyBytes',
  'secret'
])
const webSocketOptionNames = new Set(['path', 'timeoutMs', 'compress', 'subprotocols', 'errorHandler'])

/** A session waits for one and a half windows. */
const longestWindow = Math.floor(longestTimer / 1.5)

/** Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readWebSocketOptions(options: WebSocketOptions | false = {}): WebSocketSettings | false {
  if (options === false) return false
  demandRecord(InvalidOption, 'websocket', options, 'an object or false')
  demandKnown(demand, options, webSocketOptionNames, 'websocket.')
  const {
    path = 'websocket',
    timeoutMs = 60_000,
    compress = false,
    subprotocols = [],
    errorHandler
  } = options
  demandTransportPath('websocket.path', path)
  demand('websocket.timeoutMs', isTime(timeoutMs), `must be a whole number of milliseconds ${timeRange}`)
  demand('websocket.compress', typeof compress === 'boolean', 'must be true or false')
  demand('websocket.subprotocols', isStrings(subprotocols), 'must be a list of names')
  demand(
    'websocket.errorHandler',
    errorHandler === undefined || isFunction(errorHandler),
    'must be a function'
  )
  return Object.freeze({ path, timeoutMs, compress, subprotocols, errorHandler })
}

/** Throws `PHX_ERR_OPTION_INVALID`, which names the option. */
export function readLongPollOptions(options: LongPollOptions | false = {}): LongPollSettings | false {
  if (options === false) return false
  demandRecord(InvalidOption, 'longpoll', options, 'an object or false')
  demandKnown(demand, options, longPollOptionNames, 'longpoll.')
  const {
    path = 'longpoll',
    windowMs = 10_000,
    maxSessions = 50_000,
    bodyTimeoutMs = 15_000,
    maxBodyBytes = 64 * 1024 * 1024,
    secret
  } = options
  demandTransportPath('longpoll.path', path)
  const isWindow = isCount(windowMs) && windowMs > 0 && windowMs <= longestWindow
  demand('longpoll.windowMs', isWindow, `must be a whole number of milliseconds from 1 to ${longestWindow}`)
  demand('longpoll.maxSessions', isCount(maxSessions), 'must be a whole number, not negative')
  demand(
    'longpoll.bodyTimeoutMs',
    isTime(bodyTimeoutMs) && bodyTimeoutMs > 0,
    `must be a whole number of milliseconds from 1 to ${longestTimer}`
  )
  demand('longpoll.maxBodyBytes', isCount(maxBodyBytes), 'must be a whole number, not negative')
  return Object.freeze({
    path,
    windowMs,
    maxSessions,
    bodyTimeoutMs,
    maxBodyBytes,
    secret: secret === undefined ? undefined : readSecret(secret)
  })
}

function readSecret(secret: unknown): Buffer {
  const isSecret = typeof secret === 'string' || secret instanceof Uint8Array
  const bytes = isSecret ? Buffer.from(secret as string) : Buffer.alloc(0)
  demand('longpoll.secret', bytes.length >= minSecretBytes, `must be at least ${minSecretBytes} bytes`)
  return bytes
}

function demandTransportPath(name: string, path: unknown): void {
  const isPath = typeof path === 'string' && /^[^/](.*[^/])?$/.test(path)
  demand(name, isPath, 'must neither start nor end with a slash')
}
