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

/** A live peer, and what it belongs to. */
export interface PeerEntry {
  /** Names it on this node. */
  readonly number: number
  readonly userId: string
  readonly peer: UserPeer
  /** The socket that it was offered over. */
  readonly owner: object
  /** When it was made, in milliseconds since 1970. */
  readonly since: number
}

/** The live peers of all users of this node. */
export class PeerRegistry {
  readonly #peers = new Map<string, Map<UserPeer, PeerEntry>>()
  /** How many peers their sockets have. */
  readonly #owners = new Map<object, number>()
  readonly #entries = new Set<PeerEntry>()
  #last = 0

  /** @param since milliseconds since 1970 */
  add(userId: string, peer: UserPeer, owner: object, since: number): void {
    const entry = { number: ++this.#last, userId, peer, owner, since }
    this.#entries.add(entry)
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + 1)
    const peers = this.#peers.get(userId)
    if (peers === undefined) this.#peers.set(userId, new Map([[peer, entry]]))
    else peers.set(peer, entry)
  }

  delete(userId: string, peer: UserPeer): void {
    const peers = this.#peers.get(userId)
    const entry = peers?.get(peer)
    if (peers === undefined || entry === undefined) return
    peers.delete(peer)
    if (peers.size === 0) this.#peers.delete(userId)
    this.#entries.delete(entry)
    const left = (this.#owners.get(entry.owner) ?? 1) - 1
    if (left > 0) this.#owners.set(entry.owner, left)
    else this.#owners.delete(entry.owner)
  }

  /** All of them, in the order in which they were made. */
  get all(): ReadonlySet<PeerEntry> {
    return this.#entries
  }

  /** Whether a socket has one. */
  isOf(owner: object): boolean {
    return this.#owners.has(owner)
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
    for (const peers of this.#peers.values()) {
      const [peer] = peers.keys()
      if (skip-- > 0) continue
      skip = stride - 1
      if (peer !== undefined) found.push(peer)
      if (found.length >= count) break
    }
    return found
  }

  /** The live peers of a user. */
  of(userId: string): UserPeer[] {
    return [...(this.#peers.get(userId)?.keys() ?? [])]
  }
}
