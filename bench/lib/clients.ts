import { PeerConnection } from 'node-datachannel'
import type { ClientDataChannelConfig } from '../../lib/load/clients/client-library.js'
import { type OpenPeer, openPeer } from '../../lib/load/clients/peer.js'
import { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'

/** Connects as the user to the socket at `url`, which is the mount, and joins a topic. */
export async function enter(url: string, userId: string, topic: string, params?: string) {
  const connection = await PhoenixConnection.open(url, { user_id: userId })
  await connection.join(topic, params)
  return connection
}

/** The topic of a user's own channel. */
export const userTopic = (userId: string): string => `user:${userId}`

/** Connects as the user, and joins the user's own channel. */
export function enterUser(url: string, userId: string): Promise<PhoenixConnection> {
  return enter(url, userId, userTopic(userId))
}

const openLimitMs = 15_000

export interface UserPeerOptions {
  /** Of the DataChannel; default `events`. */
  readonly label?: string
  readonly config?: ClientDataChannelConfig
  /** Address of the client's peer. Default 127.0.0.1. */
  readonly bindAddress?: string
}

/** Offers a peer through a user's channel that was joined, and resolves once its DataChannel is open. */
export function openUserPeer(
  connection: PhoenixConnection,
  userId: string,
  options: UserPeerOptions = {}
): Promise<OpenPeer> {
  const library = { PeerConnection }
  return openPeer(connection, userTopic(userId), {
    library,
    bindAddress: '127.0.0.1',
    openLimitMs,
    ...options
  })
}

const pingMs = 20_000

/** A client that is silent would be taken for dead; returns what ends it. */
export function keepAlive(clients: readonly { ping(): void }[]): () => void {
  const timer = setInterval(() => {
    for (const client of clients) client.ping()
  }, pingMs)
  timer.unref()
  return () => clearInterval(timer)
}

export async function closeAll(clients: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()))
}
