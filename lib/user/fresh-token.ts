import { toUserId, type VerifiedToken } from '../auth/verified-token.js'
import type { Channel, HandlerResult } from '../channel/channel.js'
import { errorReply } from '../channel/results.js'
import type { SessionChannel } from '../channel/session.js'
import { AuthResultInvalid } from '../errors.js'
import { readEnd } from '../mount/connect-results.js'
import { tokenProblemOf } from '../mount/token-problem.js'
import type { Clock } from '../time/clock.js'
import { timeIsUp, withinTime } from '../time/time-limit.js'
import { describe } from '../util/describe.js'
import { isRecord } from '../util/is-record.js'
import type { UserSession } from './user-session.js'

type VerifyToken = (token: string, channel: Channel) => Promise<VerifiedToken | null> | VerifiedToken | null

interface Patience {
  readonly clock: Clock
  /** 0 is no limit. */
  readonly limitMs: number
}

/** `access_token` `{token}`: the token counts from now on, where it is one of the same user. */
export async function takeToken(
  verifyToken: VerifyToken | undefined,
  payload: unknown,
  session: UserSession,
  channel: Channel,
  patience: Patience
): Promise<HandlerResult> {
  const { token } = Object(payload) as Record<string, unknown>
  if (verifyToken === undefined) return refuse(channel, 'userChannel has no verifyToken')
  if (typeof token !== 'string') return refuse(channel, 'missing')
  const begun = patience.clock.date()
  let fresh: Record<string, unknown> | undefined
  try {
    fresh = readVerified(await inTime(Promise.resolve(verifyToken(token, channel)), channel, patience))
  } catch (err) {
    channel.log.error({ err, topic: channel.topic }, 'verifyToken failed')
  }
  if (fresh === undefined) return refuse(channel, tokenProblemOf(channel) ?? 'refused')
  if (toUserId(fresh.userId) !== session.userId) return refuse(channel, 'of another user')
  const expiresAt = readEnd(fresh.expiresAt, begun, (details, words, isMistake) =>
    channel.log[isMistake ? 'error' : 'info'](details, words)
  )
  if (expiresAt === 'over') return errorReply('unauthorized')
  if (!channel.joined) return
  channel.socket.expiresAt = expiresAt
  session.watchToken()
  return { status: 'ok' }
}

function refuse(channel: Channel, problem: string): HandlerResult {
  const { socket, topic } = channel as SessionChannel
  socket.refused('accessToken', topic, { problem })
  return errorReply('unauthorized')
}

/** Other messages of the client wait meanwhile, its leave among them; once the channel has ended, nobody does. */
async function inTime(
  work: Promise<unknown>,
  channel: Channel,
  { clock, limitMs }: Patience
): Promise<unknown> {
  const verified = await withinTime(whileOpen(work, channel), limitMs, clock)
  if (verified === timeIsUp) throw new AuthResultInvalid('verifyToken', 'nothing in time')
  return verified
}

/** Settles as the work does, or with nothing once the channel has ended. */
function whileOpen(work: Promise<unknown>, { signal }: Channel): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      signal.removeEventListener('abort', stop)
      resolve(undefined)
    }
    signal.addEventListener('abort', stop)
    work.then(resolve, reject).finally(stop)
  })
}

/** What `verifyToken` answered; undefined when it refused. Throws when it is no answer. */
function readVerified(verified: unknown): Record<string, unknown> | undefined {
  if (verified === null || verified === undefined || verified === false) return undefined
  if (!isRecord(verified)) throw new AuthResultInvalid('verifyToken', describe(verified))
  return verified
}
