import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { ConnectingClient, SocketMount } from '../lib/mount/mount.js'
import { BodyReader } from '../lib/transport/body-reader.js'
import { ByteBudget } from '../lib/transport/byte-budget.js'
import { LongPollSessions } from '../lib/transport/longpoll.js'
import { LongPollPosts, statuses } from '../lib/transport/longpoll-posts.js'
import { originCheck } from '../lib/transport/origin.js'
import { PollTurns } from '../lib/transport/poll-turns.js'
import type { PostOutcome } from '../lib/transport/relay/relay.js'
import {
  connectParams,
  hiddenSchema,
  originRefusal,
  queryStart,
  refuseEmptyParams,
  requestInfo,
  requestTarget,
  urlsOf
} from './connect-request.js'
import { bodyStatuses, isGone, json, poll, refuse, refuseBody } from './longpoll-answer.js'
import { RelayedSessions } from './longpoll-relay.js'
import type { Settings } from './phoenix-options.js'
import { serverOf } from './service.js'
import { dropBody } from './unwanted-body.js'
import { gateOf } from './upgrade-gate.js'

/** Where newer clients carry the token of their session, which then is in no log of URLs (Phoenix since 1.8.10). */
const tokenHeader = 'x-phoenix-longpoll-token'

/** Messages that one POST may carry, in units of the largest message. */
const bodyFrames = 8

/** Serves the long-poll transport of one mount (Phoenix.Transports.LongPoll). */
export async function longpoll(app: FastifyInstance, mount: SocketMount, settings: Settings): Promise<void> {
  const options = settings.longpoll
  if (options === false) return
  const { frameBytes } = settings.limits
  const { windowMs, maxSessions, bodyTimeoutMs, maxBodyBytes } = options
  const server = serverOf(app)
  const { clock, endpoint, backlogs, log } = server
  const elsewhere = new RelayedSessions(options)
  const sessions = new LongPollSessions({
    clock,
    log,
    stats: endpoint.stats,
    turns: endpoint.turns,
    backlogs,
    windowMs,
    maxSessions,
    newToken: () => elsewhere.newToken(),
    limits: settings.limits
  })
  const startOfQuery = queryStart(app)
  const checkOrigin = originCheck(settings.checkOrigin, settings.host)
  const budget = new ByteBudget(clock, maxBodyBytes)
  const bodyBytes = frameBytes * bodyFrames
  const bodies = new BodyReader(clock, { bodyBytes, budget, timeoutMs: bodyTimeoutMs })
  const posts = new LongPollPosts(sessions, clock, windowMs)
  const polls = new PollTurns()

  const refuseOrigin = async (
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<FastifyReply | undefined> => {
    const wanted = checkOrigin(request.headers.origin, () => requestTarget(request))
    if (wanted === undefined) return undefined
    mount.refuse('origin', clientAt(request, reply), originRefusal(request, wanted))
    dropBody(request, clock, bodyTimeoutMs)
    // A browser takes the answer to a preflight by its HTTP status; the others are read by phoenix.js.
    if (request.method === 'OPTIONS') reply.code(statuses.forbidden)
    return json(reply, { status: statuses.forbidden })
  }

  /** The header goes first: beside it the parameter may be the token of a user. */
  const tokenOf = (request: FastifyRequest): unknown =>
    header(request, tokenHeader) ?? connectParams(request, startOfQuery).token

  const get = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const token = tokenOf(request)
    const session = sessions.get(token)
    if (session !== undefined) return poll(session, polls.enter(session), reply)
    return (await elsewhere.poll(token, reply)) ? reply : start(request, reply)
  }

  const refuseSession = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    mount.refuse('sessions', clientAt(request, reply), { sessions: sessions.size })
    return json(reply, { status: statuses.forbidden })
  }

  const start = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (sessions.isFull) return refuseSession(request, reply)
    const info = requestInfo(settings.connectInfo, request)
    if (settings.authToken) info.authToken = header(request, 'x-phoenix-authtoken')
    const decision = await mount.connect(connectParams(request, startOfQuery), info, clientAt(request, reply))
    if ('refusal' in decision) return json(reply, { status: statuses.forbidden })
    const { admission } = decision
    if (sessions.isFull || isGone(reply)) {
      admission.release()
      return refuseSession(request, reply)
    }
    const session = sessions.create(() => admission.release())
    session.attach(admission.open(session))
    return json(reply, { status: statuses.gone, token: session.token, messages: [] })
  }

  const post = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const token = tokenOf(request)
    const session = sessions.get(token)
    const handOver =
      session === undefined
        ? elsewhere.poster(token)
        : async (body: Buffer, type: string | undefined): Promise<PostOutcome> => ({
            status: await posts.receive(session, body, type),
            ends: false
          })
    if (handOver === undefined) {
      dropBody(request, clock, bodyTimeoutMs)
      return json(reply, { status: statuses.gone })
    }
    // What waits for its turn is not read meanwhile, so that a session never has more than one body here.
    if (!(await posts.enter(String(token)))) {
      dropBody(request, clock, bodyTimeoutMs)
      return json(reply, { status: statuses.timeout })
    }
    try {
      return await takeBody(request, reply, handOver)
    } finally {
      posts.leave(String(token))
    }
  }

  const sayNoRoom = (request: FastifyRequest, reply: FastifyReply): void =>
    mount.refusals.add('postBytes', { address: clientAt(request, reply).address() })

  const takeBody = async (
    request: FastifyRequest,
    reply: FastifyReply,
    handOver: (body: Buffer, type: string | undefined) => Promise<PostOutcome>
  ): Promise<FastifyReply> => {
    const source = (request.body ?? request.raw) as Readable
    const body = await bodies.read(source, announcedLength(request))
    if (body === 'tooMuch') sayNoRoom(request, reply)
    if (typeof body === 'string') return refuseBody(body, reply)
    try {
      const { status, ends } = await handOver(body, request.headers['content-type'])
      // Another node that has the session has no room either.
      if (status === bodyStatuses.tooMuch) sayNoRoom(request, reply)
      return ends ? refuse(status, reply) : json(reply, { status })
    } finally {
      bodies.release(body)
    }
  }

  const path = `${settings.path}/${options.path}`
  app.addHook('onReady', async () => {
    const mount = { path: app.prefix + path, windowMs, sessions, posts, polls, budget, bodyBytes }
    if (server.relay !== undefined) elsewhere.start(server.relay, mount)
  })
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

function clientAt(request: FastifyRequest, reply: FastifyReply): ConnectingClient {
  return {
    transport: 'longpoll',
    headers: () => request.headers,
    address: () => request.ip,
    isGone: () => isGone(reply)
  }
}

function announcedLength({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

function preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '')
    .header('access-control-allow-methods', 'get, post, options')
    .header('access-control-max-age', '3600')
    .send('')
}

function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}
