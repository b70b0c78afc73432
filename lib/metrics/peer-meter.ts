import { diagnostics } from '../diagnostics/diagnostics.js'
import type { PeerStateEvent } from '../diagnostics/events.js'
import type { Listening } from '../diagnostics/listening.js'
import type { MeasuredServer } from './measured-server.js'
import type { Store } from './store.js'

/** Peers of which the round trip is asked at a scrape: each costs a few native calls. */
const sampled = 100

const states = ['connecting', 'connected', 'disconnected', 'failed'] as const

/** What is known of one peer while it lives. */
interface Peer {
  state: PeerStateEvent['state']
  /** What came of its offer; undefined while that is open. */
  opening: string | undefined
}

/** Counts peers and what comes of offers. */
export class PeerMeter {
  readonly #server: MeasuredServer
  readonly #store: Store
  readonly #peers = new Map<object, Peer>()

  constructor(server: MeasuredServer, store: Store, listening: Listening) {
    this.#server = server
    this.#store = store
    const { node } = server.endpoint
    for (const state of states) store.cell('peers', state)
    for (const result of ['connected', 'failed', 'timeout', 'closed']) store.cell('peerOpenings', result)
    const lost = store.cell('peersLost')
    store.buckets('peerOpenDuration')
    store.buckets('roundTrip')

    listening.on(diagnostics.peerState, (event) => {
      if (event.socket.node === node) this.#changed(event)
    })
    listening.on(diagnostics.peerFailed, (event) => {
      if (event.socket.node !== node) return
      if (event.why === 'disconnected') lost.value++
      else this.#opened(event.peer, event.why)
    })
  }

  /** Asks some of the peers, others each time, for their round trip. */
  sample(): void {
    const buckets = this.#store.buckets('roundTrip')
    for (const peer of this.#server.endpoint.peers.some(sampled)) {
      const ms = peer.getStats()?.roundTripTimeMs
      if (typeof ms === 'number') buckets.observe(ms / 1000)
    }
  }

  #changed({ peer, state, ageMs }: PeerStateEvent): void {
    const known = this.#peers.get(peer)
    if (known !== undefined) this.#store.cell('peers', known.state).value--
    if (state === 'closed') {
      if (known !== undefined && known.opening === undefined) this.#opened(peer, 'closed')
      this.#peers.delete(peer)
      return
    }
    this.#store.cell('peers', state).value++
    if (known === undefined) this.#peers.set(peer, { state, opening: undefined })
    else known.state = state
    if (state === 'connected' && this.#opened(peer, 'connected'))
      this.#store.buckets('peerOpenDuration').observe(ageMs / 1000)
  }

  /** Notes what came of an offer, once; false where that was known. */
  #opened(peer: object, result: string): boolean {
    const known = this.#peers.get(peer)
    if (known === undefined || known.opening !== undefined) return false
    known.opening = result
    this.#store.cell('peerOpenings', result).value++
    return true
  }
}
