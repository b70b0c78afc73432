import type { IncomingMessage } from 'node:http'
import fastifyWebsocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { Settings } from './phoenix-options.js'
import type { UpgradeGate } from './upgrade-gate.js'

/** Milliseconds that a client has to answer a close frame; a server that closes waits for it. */
const closeTimeoutMs = 5000

/** The limit that `ws` has by itself. */
const defaultFragments = 16 * 1024

/**
 * Pieces in which a client may send one message. Nobody hears of a piece, so that a flood of empty ones takes
 * a whole turn of the event loop. Who splits large messages makes pieces of more than 1 KiB.
 */
function maxFragments(frameBytes: number): number {
  return frameBytes === 0 ? defaultFragments : Math.max(256, Math.ceil(frameBytes / 1024))
}

/**
 * Registers @fastify/websocket for the routes of one mount, with a ws server of its own: the limits of the mount
 * bind nobody else, and one that the application registers anywhere binds no mount.
 *
 * @param subprotocolOf what a client of the mount is answered, of all that it offers
 */
export async function registerServer(
  scope: FastifyInstance,
  gate: UpgradeGate,
  settings: Settings,
  subprotocolOf: (request: IncomingMessage) => string | undefined
): Promise<void> {
  const { frameBytes } = settings.limits
  // A variable of its own, because @types/ws does not know closeTimeout yet.
  const options = {
    maxPayload: frameBytes,
    maxFragments: maxFragments(frameBytes),
    perMessageDeflate: settings.websocket !== false && settings.websocket.compress,
    handleProtocols: (_offered: Set<string>, request: IncomingMessage) => subprotocolOf(request) ?? false,
    closeTimeout: closeTimeoutMs,
    server: gate.entrance()
  } as const
  const giveBack = allowSecondDecoration(scope)
  await scope.register(fastifyWebsocket, {
    options,
    // The sockets are closed with a code of their own, see the server.
    preClose: (done) => done(),
    // The transport hears of every error itself, and sends the close frame that belongs to it.
    errorHandler: () => {}
  })
  giveBack()
}

/**
 * The application's own has decorated requests with the same `ws: null` already, which Fastify refuses to do twice.
 * Relies on @fastify/websocket 11 calling `decorateRequest` of the instance that it is registered on; otherwise the
 * start fails with Fastify's error, which names `ws`.
 */
function allowSecondDecoration(scope: FastifyInstance): () => void {
  if (!scope.hasRequestDecorator('ws')) return () => {}
  const decorateRequest: unknown = Reflect.get(scope, 'decorateRequest')
  const decorate = (name: string, ...value: unknown[]): unknown =>
    name === 'ws' ? scope : Reflect.apply(decorateRequest as () => void, scope, [name, ...value])
  Object.assign(scope, { decorateRequest: decorate })
  return () => void Reflect.deleteProperty(scope, 'decorateRequest')
}
