import type { ChannelLink } from './channel-link.js'
import type { ClientClock } from './clock.js'
import { peerEvents } from './phoenix.js'
import type { IceServer } from './rtc.js'

/** The ICE servers of the server (`webrtc:config`), asked for when they are needed and once more when they ran out. */
export class IceConfig {
  readonly #link: ChannelLink
  readonly #clock: ClientClock
  #known: IceServer[] | undefined
  #goodUntil = 0

  constructor(link: ChannelLink, clock: ClientClock) {
    this.#link = link
    this.#clock = clock
  }

  /** The join ended: the next server may have others. */
  forget(): void {
    this.#known = undefined
  }

  /** Resolves with none where the server has no answer, or the join ended before it came. */
  async get(): Promise<IceServer[]> {
    const asked = this.#clock.now()
    if (this.#known !== undefined && asked < this.#goodUntil) return this.#known
    return new Promise((resolve) => {
      this.#link.push(peerEvents.config, {}, (status, response) => {
        const { ice_servers, ttl } = Object(response) as Record<string, unknown>
        // RTCPeerConnection itself looks at what is in it.
        if (status !== 'ok' || !Array.isArray(ice_servers)) return resolve([])
        // Credentials live from when they were made, not from when they arrived.
        this.#goodUntil = typeof ttl === 'number' ? asked + ttl * 1000 : Number.POSITIVE_INFINITY
        this.#known = ice_servers
        resolve(ice_servers)
      })
    })
  }
}
