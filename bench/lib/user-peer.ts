import type { OpenPeer } from '../../lib/load/clients/peer.js'
import type { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'
import { enterUser, keepAlive, openUserPeer, type UserPeerOptions } from './clients.js'

/** A user with an open DataChannel, and the connection that it was offered through. */
export interface UserPeer extends OpenPeer {
  readonly connection: PhoenixConnection
  /** Closes the peer and the connection. */
  close(): Promise<void>
}

export interface ConnectUserPeerOptions extends UserPeerOptions {
  /** Another topic to join. */
  readonly topic?: string
}

const attempts = 3

/**
 * Connects a user, opens a peer, and keeps both alive until it is closed. A client's peer fails now and
 * then on a machine that is busy; that is no part of what is measured, so there are three attempts.
 */
export async function connectUserPeer(
  url: string,
  userId: string,
  options: ConnectUserPeerOptions = {}
): Promise<UserPeer> {
  for (let left = attempts - 1; left > 0; left--) {
    try {
      return await connect(url, userId, options)
    } catch {
      // Once more, with a peer of its own.
    }
  }
  return connect(url, userId, options)
}

async function connect(
  url: string,
  userId: string,
  { topic, ...options }: ConnectUserPeerOptions
): Promise<UserPeer> {
  const connection = await enterUser(url, userId)
  try {
    if (topic !== undefined) await connection.join(topic)
    const { channel, close } = await openUserPeer(connection, userId, options)
    const release = keepAlive([connection])
    return {
      connection,
      channel,
      close() {
        release()
        close()
        return connection.close()
      }
    }
  } catch (error) {
    void connection.close()
    throw error
  }
}
