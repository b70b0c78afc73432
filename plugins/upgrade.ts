import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import type { Admission } from '../lib/mount/mount.js'

/** A client that may connect, and what it is answered with where another hook of the application refuses it. */
export interface Admitted {
  readonly admission: Admission
  readonly reply: FastifyReply
}

/** What is known of a request that asks for a WebSocket of ours, on its way from the gate to the socket. */
export class Upgrade {
  /** Its connection, where `ws` gets that and no stream in its place. */
  connection: Socket | undefined
  /** What is answered of the sub-protocols that it offers. */
  subprotocol: string | undefined
  /** There once it may connect, and until it was upgraded. */
  admitted: Admitted | undefined
}

const upgrade = Symbol('fastify-phoenix.upgrade')

/** Kept at the request itself: a weak map costs each connect more, and the collector too, than what is kept in it. */
export function upgradeOf(request: IncomingMessage & { [upgrade]?: Upgrade }): Upgrade {
  request[upgrade] ??= new Upgrade()
  return request[upgrade]
}
