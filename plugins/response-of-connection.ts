// How Node 20 to 26 ties a response to its connection: `assignSocket`, `detachSocket`, `_httpMessage`. None of it is
// documented, and no other file knows of it; @fastify/websocket 11 itself stands on `assignSocket`.
import { IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { type Duplex, PassThrough } from 'node:stream'

/** What the connections of one server are busy with. */
export interface Answers {
  /** The answer that a connection is busy with. */
  pending(connection: Duplex): ServerResponse | undefined
  /** Upgrades a connection, or ends it behind the answer that it gets in place of the upgrade. */
  upgrade(connection: Duplex, upgrade: () => void): void
}

/** Milliseconds without a byte after which a connection that was not upgraded ends, where its answer is not known. */
const idleMs = 60_000

/** The answers of this server: as Node notes them at the connections, or counted here where it does not. */
export function answersOf(server: Server): Answers {
  return notesAnswers() ? notedAnswers : countAnswers(server)
}

/** A response that is written to this connection; undefined where Node has no way to have one. */
export function respondOn(connection: Duplex, request: IncomingMessage): ServerResponse | undefined {
  const response = new ServerResponse(request)
  if (typeof response.assignSocket !== 'function') return undefined
  response.assignSocket(connection as Socket)
  return response
}

/**
 * The response never ends when its connection is upgraded, and the connection would keep it, the request
 * and what Fastify made of both, as long as it lives. Whoever waits for its close still hears of it.
 */
export function letGo(response: ServerResponse): void {
  if (response.socket === null || response.listenerCount('close') > 0) return
  if (typeof response.detachSocket === 'function') response.detachSocket(response.socket)
}

function notesAnswers(): boolean {
  const connection = new PassThrough()
  const response = respondOn(connection, new IncomingMessage(new Socket()))
  return response !== undefined && noted(connection) === response
}

function noted(connection: Duplex & { readonly _httpMessage?: unknown }): ServerResponse | undefined {
  const answer = connection._httpMessage
  return answer instanceof ServerResponse ? answer : undefined
}

const notedAnswers: Answers = {
  pending: noted,
  upgrade(connection, upgrade) {
    upgrade()
    // Still there unless it was upgraded at once. Who answers it may be out of reach of @fastify/websocket, which
    // would end the connection: the handler of 404, or Fastify itself while it closes.
    noted(connection)?.once('finish', () => connection.end(() => connection.destroy()))
  }
}

/** Costs a listener for each request. The answers to upgrades are not among them: time ends their connections. */
function countAnswers(server: Server): Answers {
  const answers = new WeakMap<Duplex, ServerResponse>()
  server.prependListener('request', ({ socket }, response) => {
    if (!(response instanceof ServerResponse)) return
    answers.set(socket, response)
    response.once('close', () => {
      if (answers.get(socket) === response) answers.delete(socket)
    })
  })
  return {
    pending(connection) {
      const answer = answers.get(connection)
      return answer?.writableFinished === false ? answer : undefined
    },
    upgrade(connection, upgrade) {
      // ws takes the time-out off when it takes the connection.
      if (connection instanceof Socket) connection.setTimeout(idleMs, () => connection.destroy())
      upgrade()
    }
  }
}
