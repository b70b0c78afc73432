import { setImmediate as nextTurn } from 'node:timers/promises'
import { PeerRegistry } from '../../lib/peers/peer-registry.js'
import type { PresenceChannel } from '../../lib/presence/presence.js'
import type { PresenceDiff, PresenceState } from '../../lib/presence/types.js'
import type { JsonText } from '../../lib/protocol/serializer/json.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

/** An endpoint that keeps the diffs it is to broadcast, as clients would read them. */
export class FakeEndpoint {
  readonly peers = new PeerRegistry()
  readonly told: { topic: string; diff: PresenceDiff }[] = []

  localBroadcast(topic: string, event: string, payload: object): void {
    if (event !== 'presence_diff') throw new Error(`unexpected ${event}`)
    this.told.push({ topic, diff: JSON.parse((payload as JsonText).text) })
  }

  /** The diffs since it was last asked, once everything that is due was told. */
  async diffs(): Promise<PresenceDiff[]> {
    await nextTurn()
    return this.told.splice(0).map(({ diff }) => diff)
  }
}

/** A joined channel, as far as presences look at one. */
export class FakeChannel implements PresenceChannel {
  readonly topic: string
  readonly endpoint: FakeEndpoint
  readonly log: RecordingLogger
  readonly states: PresenceState[] = []
  readonly #controller = new AbortController()

  constructor(topic = 'room:1', endpoint = new FakeEndpoint(), log = new RecordingLogger()) {
    this.topic = topic
    this.endpoint = endpoint
    this.log = log
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  push(event: string, payload: object): void {
    if (event !== 'presence_state') throw new Error(`unexpected ${event}`)
    this.states.push(JSON.parse((payload as JsonText).text))
  }

  defer(callback: () => unknown): void {
    queueMicrotask(callback)
  }

  end(): void {
    this.#controller.abort()
  }
}

/** Channels of one topic on one endpoint. */
export function channelsOf(topic: string, count: number): [FakeEndpoint, ...FakeChannel[]] {
  const endpoint = new FakeEndpoint()
  return [endpoint, ...Array.from({ length: count }, () => new FakeChannel(topic, endpoint))]
}

/** A state or half a diff without refs: the other fields of the metas by key. */
export function summary(state: PresenceState): Record<string, object[]> {
  return Object.fromEntries(
    Object.entries(state).map(([key, { metas }]) => [
      key,
      metas.map(({ phx_ref, phx_ref_prev, ...fields }) => fields)
    ])
  )
}
