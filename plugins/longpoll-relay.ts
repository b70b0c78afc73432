import type { FastifyReply } from 'fastify'
import { randomToken } from '../lib/transport/longpoll.js'
import { statuses } from '../lib/transport/longpoll-posts.js'
import type {
  LongPollRelay,
  PostOutcome,
  RelayedMount,
  RelayedSession
} from '../lib/transport/relay/relay.js'
import { SessionTokens } from '../lib/transport/session-token.js'
import { clientOf, isGone, json } from './longpoll-answer.js'
import type { LongPollSettings } from './transport-options.js'

/** The sessions of one mount that other nodes hold: none where there are no others. */
export class RelayedSessions {
  readonly #options: LongPollSettings
  #relay: LongPollRelay | undefined
  #tokens: SessionTokens | undefined
  #mount: RelayedMount | undefined

  constructor(options: LongPollSettings) {
    this.#options = options
  }

  /** There are other nodes, which serve the sessions of this one, too. */
  start(relay: LongPollRelay, mount: RelayedMount): void {
    this.#relay = relay
    this.#mount = mount
    this.#tokens = new SessionTokens(relay.node, mount.path, this.#options.secret ?? relay.ownSecret)
    relay.add(mount)
  }

  /** For a session of this node. */
  newToken(): string {
    return this.#tokens?.create() ?? randomToken()
  }

  /** Whether it has answered a poll, or nobody is there to answer to; false where there is no such session. */
  async poll(token: unknown, reply: FastifyReply): Promise<boolean> {
    const session = this.#find(token)
    const outcome = session && (await this.#relay?.asker.poll(session, clientOf(reply)))
    if (outcome === undefined || outcome === 'gone') return false
    if (isGone(reply)) return true
    if (outcome === 'none') json(reply, { status: statuses.noContent, token, messages: [] })
    else {
      const head = JSON.stringify({ status: statuses.ok, token })
      json(reply, `${head.slice(0, -1)},"messages":${outcome}}`)
    }
    return true
  }

  /** What takes the body of a POST; undefined where there is no such session. */
  poster(token: unknown): ((body: Buffer, type: string | undefined) => Promise<PostOutcome>) | undefined {
    const relay = this.#relay
    const session = this.#find(token)
    if (relay === undefined || session === undefined) return undefined
    return (body, type) => relay.asker.post(session, body, type)
  }

  #find(token: unknown): RelayedSession | undefined {
    const node = this.#tokens?.nodeOf(token)
    if (node === undefined || this.#mount === undefined || !this.#relay?.reaches(node)) return undefined
    const { maxSessions } = this.#options
    if (maxSessions > 0 && this.#relay.asker.size >= maxSessions) return undefined
    const { path, windowMs, budget } = this.#mount
    return { node, path, token: String(token), windowMs, budget }
  }
}
