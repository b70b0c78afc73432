import type { PeerReport } from './peer-report.js'

/** The live WebRTC peer of one of a user's channels, as the application sees it. */
export interface UserPeer {
  /** What there is to know of it now; null once it has ended. Costs a few native calls, and never throws. */
  getStats(): PeerReport | null
  /**
   * Ends the peer: the client is pushed `webrtc:state {"state":"closed"}`, its channel lives on, and
   * it may offer again. Nothing happens when the peer has ended already.
   *
   * @param reason goes to the log; the client is not told
   */
  close(reason?: string): void
}

const none: ReadonlySet<UserPeer> = new Set()

/** The live peers of all users of this node. */
export class PeerRegistry {
  readonly #peers = new Map<string, Set<UserPeer>>()

  add(userId: string, peer: UserPeer): void {
    const peers = this.#peers.get(userId)
    if (peers === undefined) this.#peers.set(userId, new Set([peer]))
    else peers.add(peer)
  }

  delete(userId: string, peer: UserPeer): void {
    const peers = this.#peers.get(userId)
    if (peers?.delete(peer) && peers.size === 0) this.#peers.delete(userId)
  }

  /** How many users have a peer. */
  get size(): number {
    return this.#peers.size
  }

  /** At most so many peers, others each time. */
  some(count: number): UserPeer[] {
    const stride = Math.max(1, Math.floor(this.#peers.size / count))
    let skip = Math.floor(Math.random() * stride)
    const found: UserPeer[] = []
    for (const [peer] of this.#peers.values()) {
      if (skip-- > 0) continue
      skip = stride - 1
      if (peer !== undefined) found.push(peer)
      if (found.length >= count) break
    }
    return found
  }

  /** The live peers of a user. */
  of(userId: string): ReadonlySet<UserPeer> {
    return this.#peers.get(userId) ?? none
  }
}
