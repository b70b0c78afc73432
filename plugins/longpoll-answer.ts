import { constants, Http2ServerResponse } from 'node:http2'
import type { FastifyReply } from 'fastify'
import type { BodyProblem } from '../lib/transport/body-reader.js'
import type { AnswerWatch, LongPollSession } from '../lib/transport/longpoll.js'
import { statuses } from '../lib/transport/longpoll-posts.js'
import type { RelayedClient } from '../lib/transport/relay/relay.js'
import { WriteProgress } from '../lib/transport/write-progress.js'

/** An answer for phoenix.js: JSON, or text that is. */
export function json(reply: FastifyReply, body: object | string): FastifyReply {
  return reply
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Whether nobody is there to answer any more; over HTTP/2 a response itself does not say so. */
export function isGone({ raw }: FastifyReply): boolean {
  return raw instanceof Http2ServerResponse ? raw.stream.destroyed : raw.destroyed
}

/** Answers a poll of a session that is here. @param turn resolves to whether it still is to be answered */
export async function poll(
  session: LongPollSession,
  turn: Promise<boolean> | undefined,
  reply: FastifyReply
): Promise<FastifyReply> {
  const { raw } = reply
  const isNewest = turn === undefined || (await turn)
  if (isGone(reply)) return reply
  const abandon = (): void => session.abandonPoll()
  raw.once('close', abandon)
  raw.once('close', () => session.answerOver())
  const messages = isNewest ? await session.poll(watchAnswer(raw)) : []
  raw.off('close', abandon)
  const status = messages.length > 0 ? statuses.ok : statuses.noContent
  return isGone(reply) ? reply : json(reply, { status, token: session.token, messages })
}

export const bodyStatuses = { tooLarge: 413, tooSlow: 408, tooMuch: 503, gone: 400 } as const

/** What is left of the body is not waited for. */
export function refuseBody(problem: BodyProblem, reply: FastifyReply): FastifyReply {
  return refuse(bodyStatuses[problem], reply)
}

/** A refusal that is the status of HTTP, too, behind which the connection ends. */
export function refuse(status: number, reply: FastifyReply): FastifyReply {
  return json(reply.code(status).header('connection', 'close'), { status })
}

/** The client of a poll that another node answers. */
export function clientOf(reply: FastifyReply): RelayedClient {
  const { raw } = reply
  return {
    get isGone() {
      return isGone(reply)
    },
    watch: watchAnswer(raw),
    onClose(callback) {
      raw.once('close', callback)
      return () => raw.off('close', callback)
    },
    cutOff() {
      if (raw instanceof Http2ServerResponse) raw.stream.close(constants.NGHTTP2_CANCEL)
      else raw.destroy()
    }
  }
}

/** A function of its own, so that what is kept until the next poll is the connection alone. */
export function watchAnswer(response: FastifyReply['raw']): AnswerWatch {
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
