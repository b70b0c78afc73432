import { constants, Http2ServerResponse } from 'node:http2'
import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { SocketMount } from '../lib/mount/mount.js'
import { type BodyProblem, BodyReader } from '../lib/transport/body-reader.js'
import { type AnswerWatch, type LongPollSession, LongPollSessions } from '../lib/transport/longpoll.js'
import { splitBody } from '../lib/transport/longpoll-body.js'
import { OneAtATime } from '../lib/transport/one-at-a-time.js'
import { originCheck } from '../lib/transport/origin.js'
import { WriteProgress } from '../lib/transport/write-progress.js'
import {
  connectParams,
  hiddenSchema,
  originRefusal,
  queryDelimiter,
  refuseEmptyParams,
  requestInfo,
  requestTarget,
  urlsOf
} from './connect-request.js'
import type { Settings } from './phoenix-options.js'
import { serverOf } from './service.js'
import { dropBody } from './unwanted-body.js'
import { gateOf } from './upgrade-gate.js'

/** Statuses that the client acts on; HTTP itself says 200 (phoenix.js, `longpoll.js`). */
const statuses = { ok: 200, noContent: 204, forbidden: 403, timeout: 408, gone: 410 } as const

/** Where newer clients carry the token of their session, which then is in no log of URLs (Phoenix since 1.8.10). */
const tokenHeader = 'x-phoenix-longpoll-token'

/** Messages that one POST may carry, in units of the largest message. */
const bodyFrames = 8

/** Messages of one POST that are worked off before others have their turn: as many as phoenix.js puts in one. */
const turnMessages = 100

/** Serves the long-poll transport of one mount (Phoenix.Transports.LongPoll). */
export async function longpoll(app: FastifyInstance, mount: SocketMount, settings: Settings): Promise<void> {
  const options = settings.longpoll
  if (options === false) return
  const { frameBytes } = settings.limits
  const { windowMs, maxSessions, bodyTimeoutMs, maxBodyBytes } = options
  const { clock, endpoint, backlogs, log } = serverOf(app)
  const sessions = new LongPollSessions({
    clock,
    log,
    stats: endpoint.stats,
    turns: endpoint.turns,
    backlogs,
    windowMs,
    maxSessions,
    limits: settings.limits
  })
  const delimiter = queryDelimiter(app)
  const allowsOrigin = originCheck(settings.checkOrigin, settings.host)
  const bodies = new BodyReader(clock, {
    bodyBytes: frameBytes * bodyFrames,
    totalBytes: maxBodyBytes,
    timeoutMs: bodyTimeoutMs
  })
  /** The POSTs of each session. */
  const posts = new WeakMap<LongPollSession, OneAtATime>()

  const refuseOrigin = async (
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<FastifyReply | undefined> => {
    if (allowsOrigin(request.headers.origin, () => requestTarget(request))) return undefined
    mount.refusals.add('origin', originRefusal(request, settings))
    dropBody(request, clock, bodyTimeoutMs)
    // A browser takes the answer to a preflight by its HTTP status; the others are read by phoenix.js.
    if (request.method === 'OPTIONS') reply.code(statuses.forbidden)
    return json(reply, { status: statuses.forbidden })
  }

  /** The header goes first: beside it the parameter may be the token of a user. */
  const sessionOf = (request: FastifyRequest): LongPollSession | undefined =>
    sessions.get(header(request, tokenHeader) ?? connectParams(request, delimiter).token)

  const get = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const session = sessionOf(request)
    return session === undefined ? start(request, reply) : poll(session, reply)
  }

  const refuseSession = (reply: FastifyReply): FastifyReply => {
    mount.refusals.add('sessions', { sessions: sessions.size })
    return json(reply, { status: statuses.forbidden })
  }

  const start = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (sessions.isFull) return refuseSession(reply)
    const info = requestInfo(settings.connectInfo, request)
    if (settings.authToken) info.authToken = header(request, 'x-phoenix-authtoken')
    const decision = await mount.connect(
      connectParams(request, delimiter),
      info,
      () => request.ip,
      () => reply.raw.destroyed
    )
    if ('refusal' in decision) return json(reply, { status: statuses.forbidden })
    const { admission } = decision
    if (sessions.isFull || reply.raw.destroyed) {
      admission.release()
      return refuseSession(reply)
    }
    const session = sessions.create(() => admission.release())
    session.attach(admission.open(session))
    return json(reply, { status: statuses.gone, token: session.token, messages: [] })
  }

  const post = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const session = sessionOf(request)
    if (session === undefined) {
      dropBody(request, clock, bodyTimeoutMs)
      return json(reply, { status: statuses.gone })
    }
    // What waits for its turn is not read meanwhile, so that a session never has more than one body here.
    const turns = posts.get(session) ?? new OneAtATime(clock, windowMs)
    posts.set(session, turns)
    if (!(await turns.enter())) {
      dropBody(request, clock, bodyTimeoutMs)
      return json(reply, { status: statuses.timeout })
    }
    try {
      return await takeBody(session, request, reply)
    } finally {
      turns.leave()
    }
  }

  const takeBody = async (
    session: LongPollSession,
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<FastifyReply> => {
    const source = (request.body ?? request.raw) as Readable
    const body = await bodies.read(source, announcedLength(request))
    if (typeof body === 'string') return refuseBody(body, reply)
    try {
      const status = await receive(session, body, request.headers['content-type'])
      return json(reply, { status })
    } finally {
      bodies.release(body)
    }
  }

  const receive = async (
    session: LongPollSession,
    body: Buffer,
    contentType: string | undefined
  ): Promise<number> => {
    let inTurn = 0
    for (const { data, isBinary } of splitBody(body.length === 0 ? undefined : body, contentType)) {
      if (inTurn++ === turnMessages) {
        inTurn = 1
        await nextTurn()
      }
      if (await session.receive(data, isBinary)) continue
      return sessions.get(session.token) === undefined ? statuses.gone : statuses.timeout
    }
    return statuses.ok
  }

  const path = `${settings.path}/${options.path}`
  const dropAnyBody = (
    request: FastifyRequest,
    _reply: FastifyReply,
    done: HookHandlerDoneFunction
  ): void => {
    dropBody(request, clock, bodyTimeoutMs)
    done()
  }
  // A context of its own: here bodies of every content type are read by the handler, when it wants them.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('access-control-allow-origin', '*')
    })
    const gate = gateOf(app)
    scope.addHook('onRoute', ({ url }) => gate.add(url, false))
    const routes = { schema: hiddenSchema, exposeHeadRoute: false }
    for (const url of urlsOf(app, path)) {
      const allowed = [refuseEmptyParams, refuseOrigin]
      scope.route({ ...routes, method: 'GET', url, onRequest: [...allowed, dropAnyBody], handler: get })
      scope.route({ ...routes, method: 'POST', url, onRequest: allowed, handler: post })
      scope.route({
        ...routes,
        method: 'OPTIONS',
        url,
        onRequest: [...allowed, dropAnyBody],
        handler: preflight
      })
      scope.route({
        ...routes,
        method: ['HEAD', 'PUT', 'PATCH', 'DELETE'],
        url,
        onRequest: [dropAnyBody, async (_request, reply) => reply.code(400).send()],
        handler: (_request, reply) => reply.code(400).send()
      })
    }
  })
}

const bodyStatuses = { tooLarge: 413, tooSlow: 408, tooMuch: 503, gone: 400 } as const

/** What is left of the body is not waited for. */
function refuseBody(problem: BodyProblem, reply: FastifyReply): FastifyReply {
  const status = bodyStatuses[problem]
  return json(reply.code(status).header('connection', 'close'), { status })
}

function announcedLength({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

async function poll(session: LongPollSession, reply: FastifyReply): Promise<FastifyReply> {
  const { raw } = reply
  const abandon = (): void => session.abandonPoll()
  raw.once('close', abandon)
  raw.once('close', () => session.answerOver())
  const messages = await session.poll(watchAnswer(raw))
  raw.off('close', abandon)
  const status = messages.length > 0 ? statuses.ok : statuses.noContent
  return raw.destroyed ? reply : json(reply, { status, token: session.token, messages })
}

/** A function of its own, so that what is kept until the next poll is the connection alone. */
function watchAnswer(response: FastifyReply['raw']): AnswerWatch {
  if (response instanceof Http2ServerResponse) return watchStream(response)
  const connection = response.socket
  let isOver = false
  let isWritten = false
  response.once('finish', () => {
    // A response also finishes when its connection has gone before it could be written.
    isWritten = connection?.destroyed !== true
  })
  response.once('close', () => {
    isOver = true
  })
  const progress = connection === null ? undefined : new WriteProgress(connection)
  return {
    // A client that goes before it has read everything resets its connection.
    isLost: () => !isWritten || connection?.errored != null,
    // The connection may carry other answers by then.
    hasMoved: () => !isOver && progress?.hasMoved() === true
  }
}

/**
 * Over HTTP/2 an answer was written when its stream ended in order; the connection belongs to others
 * as well, and says nothing about it.
 */
function watchStream({ stream }: Http2ServerResponse): AnswerWatch {
  const progress = new WriteProgress(stream)
  return {
    isLost: () => !stream.writableFinished || stream.rstCode !== constants.NGHTTP2_NO_ERROR,
    hasMoved: () => !stream.closed && progress.hasMoved()
  }
}

function preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '')
    .header('access-control-allow-methods', 'get, post, options')
    .header('access-control-max-age', '3600')
    .send('')
}

function json(reply: FastifyReply, body: object): FastifyReply {
  return reply
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(body))
}

function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}
