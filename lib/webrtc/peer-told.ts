import { diagnostics } from '../diagnostics/diagnostics.js'
import type { DiagnosticSocket, PeerFailedEvent } from '../diagnostics/events.js'
import { tellRateLimited } from '../diagnostics/tell.js'
import { excerpt } from '../log/excerpt.js'
import type { RefusalDetails, RefusalKind } from '../log/refusals.js'
import type { PeerState } from '../peers/peer-report.js'
import type { Clock } from '../time/clock.js'
import type { IgnoredCandidate } from './candidates.js'
import { likelyCause, placeOf } from './likely-cause.js'

/** Whose peer it is, for those who listen to events and for the log. */
export interface PeerOwner {
  readonly userId: string
  readonly topic: string
  readonly socket: DiagnosticSocket & {
    refused(kind: RefusalKind, topic: string, details?: RefusalDetails): void
  }
}

/** More came for a peer than a limit allows. */
export function tellPeerRate(
  { socket, topic }: PeerOwner,
  limit: 'offers' | 'iceCandidates' | 'dataChannelMessages'
): void {
  tellRateLimited(socket.node, limit, socket)
  socket.refused('peerRate', topic, { limit })
}

/** Who gives up sooner may have gone for any reason: clients try for longer. */
const patienceMs = 5000

/** Candidates of a client that are kept to be told of. */
const maxIgnored = 16

/** What one peer has come to, for those who listen, and for the log where it never opens. */
export class PeerStory {
  readonly #owner: PeerOwner
  readonly #peer: object
  readonly #clock: Clock
  readonly #begun: number
  readonly #local: string[] = []
  readonly #remote: ReadonlySet<string>
  #ignored: IgnoredCandidate[] | undefined
  #state: PeerState | undefined
  #wasConnected = false
  #hasFailed = false

  /** `remote` are the candidates of the client that are used. */
  constructor(owner: PeerOwner, peer: object, remote: ReadonlySet<string>, clock: Clock) {
    this.#owner = owner
    this.#peer = peer
    this.#remote = remote
    this.#clock = clock
    this.#begun = clock.now()
  }

  /** A candidate of this side goes to the client. */
  offered(candidate: string): void {
    this.#local.push(candidate)
  }

  /** A candidate of the client is passed over. */
  ignored(candidate: string, why: string): void {
    this.#ignored ??= []
    if (this.#ignored.length < maxIgnored) this.#ignored.push({ candidate: excerpt(candidate), why })
  }

  /** The offer was taken. */
  begin(): void {
    this.#tell('connecting')
  }

  changed(state: PeerState): void {
    if (this.#state === undefined || this.#state === 'closed' || this.#state === state) return
    if (state === 'connected') this.#wasConnected = true
    if (state === 'closed') this.#closing()
    this.#tell(state)
    if (state !== 'failed' && state !== 'disconnected') return
    this.#failed(this.#wasConnected ? 'disconnected' : 'failed')
  }

  #closing(): void {
    if (!this.#wasConnected && this.#ageMs >= patienceMs) this.#failed('timeout')
  }

  get #ageMs(): number {
    return this.#clock.now() - this.#begun
  }

  #tell(state: PeerState): void {
    this.#state = state
    const { peerState } = diagnostics
    if (!peerState.hasSubscribers) return
    const { userId, socket } = this.#owner
    peerState.publish({ socket, userId, peer: this.#peer, state, ageMs: this.#ageMs })
  }

  #failed(why: PeerFailedEvent['why']): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    const { userId, socket } = this.#owner
    const { peerFailed } = diagnostics
    if (!peerFailed.hasSubscribers && why === 'disconnected') return
    const tried = { local: [...this.#local], remote: [...this.#remote], ignored: this.#ignored ?? [] }
    const cause = why === 'disconnected' ? undefined : this.#log(why, tried)
    const ageMs = this.#ageMs
    if (peerFailed.hasSubscribers) {
      peerFailed.publish({ socket, userId, peer: this.#peer, why, ...tried, cause, ageMs })
    }
  }

  #log(
    why: string,
    { local, remote, ignored }: Pick<PeerFailedEvent, 'local' | 'remote' | 'ignored'>
  ): string {
    const cause = likelyCause(local, remote, ignored)
    const { userId, topic, socket } = this.#owner
    socket.refused('peer', topic, {
      userId,
      why,
      cause,
      local: shown(local),
      remote: shown(remote),
      ignored: [...new Set(ignored.map(({ why }) => why))].join(', ')
    })
    return cause
  }
}

/** What was tried, in few words: `host 192.0.2.1:3478`. */
function shown(candidates: readonly string[]): string {
  return candidates
    .map(placeOf)
    .map(({ type, address, port }) => `${type} ${address}:${port}`)
    .join(', ')
}
