import { once } from 'node:events'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Channel, Socket } from 'phoenix'
import { Socket as PhoenixSocket } from 'phoenix'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import dashboard, { type DashboardOptions } from '../../plugins/dashboard.js'
import phoenix, { type PhoenixOptions } from '../../plugins/phoenix.js'
import { type Answer, answer } from '../fixtures/phoenix-client.js'
import { stopHeartbeat } from '../fixtures/phoenix-internals.js'
import { listen, options, type TestServer } from '../fixtures/server.js'

export const token = 'a token that only operators know'

/** A server with a dashboard on a free port, which ends with the test. */
export async function startWatched(
  t: Test,
  given: DashboardOptions = { token },
  mount: Partial<PhoenixOptions> = {}
): Promise<TestServer> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, { ...options, ...mount })
  await app.register(dashboard, given)
  return listen(t, app)
}

/** The headers of whoever knows the token. */
export const bearer = { authorization: `Bearer ${token}` }

/** phoenix.js on the socket of the dashboard, with the headers of a browser or of somebody else. */
export function openAdmin(t: Test, base: string, headers: Record<string, string> = bearer): Socket {
  class WithHeaders extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { headers })
    }
  }
  const socket = new PhoenixSocket(`${base.replace(/^http/, 'ws')}/dashboard/socket`, {
    transport: WithHeaders as never,
    timeout: 10_000
  })
  socket.onError(() => {})
  socket.connect()
  t.teardown(async () => {
    await new Promise<void>((resolve) => socket.disconnect(resolve))
    stopHeartbeat(socket)
  })
  return socket
}

/** The status of a refused upgrade of the dashboard's socket; 101 where it was taken. */
export async function upgradeStatus(base: string, headers: Record<string, string>): Promise<number> {
  const ws = new WebSocket(`${base.replace(/^http/, 'ws')}/dashboard/socket/websocket?vsn=2.0.0`, { headers })
  const opened = once(ws, 'open').then(() => 101)
  const refused = once(ws, 'unexpected-response').then(([, response]) => Number(response.statusCode))
  opened.catch(() => {})
  refused.catch(() => {})
  ws.on('error', () => {})
  const status = await Promise.race([opened, refused])
  ws.terminate()
  return status
}

export interface View {
  readonly channel: Channel
  readonly reply: Answer
}

/** Joins a view. */
export async function open(socket: Socket, topic: string, params: object = {}): Promise<View> {
  const channel = socket.channel(topic, params)
  return { channel, reply: await answer(channel.join()) }
}

export type { FastifyInstance }
