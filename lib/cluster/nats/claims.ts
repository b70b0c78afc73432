import type { ClaimName, ClaimStore, FoundClaim } from '../adapter.js'
import { type JetStream, JetStreamError, type JetStreams, nanosPerMs, streamName } from './jetstream.js'

/** How often a claim is tried that is taken away each time just before it is read. */
const maxTries = 3

type Kind = 'claims' | 'results'

/**
 * Claims in two streams of JetStream, one for claims and one for results, as messages of a stream end at the same age.
 * Both are made with the first call that needs them, unless they are there.
 */
export class NatsClaims implements ClaimStore {
  readonly #prefix: string
  readonly #replicas: number
  readonly #jetStreams: JetStreams

  constructor(prefix: string, replicas: number, jetStreams: JetStreams) {
    this.#prefix = prefix
    this.#replicas = replicas
    this.#jetStreams = jetStreams
  }

  get maxResultBytes(): number | undefined {
    return this.#jetStreams.current?.maxPayload
  }

  async claim(name: ClaimName, claim: string, ttlMs: number): Promise<FoundClaim | undefined> {
    return this.#jetStreams.with(async (jetStream) => {
      await this.#stream(jetStream, 'claims', ttlMs)
      for (let tries = 0; tries < maxTries; tries++) {
        if (await this.#put(jetStream, name, claim)) return undefined
        const found = await this.#find(jetStream, 'claims', name)
        if (found === undefined) continue
        const results = this.#streamName('results')
        const hasResults = jetStream.knows(results) || (await jetStream.exists(results))
        const result = hasResults ? await this.#find(jetStream, 'results', name) : undefined
        return { claim: found.data.toString(), result: result?.data }
      }
      throw new Error('a claim comes and goes')
    })
  }

  async settle(
    name: ClaimName,
    held: string,
    claim: string,
    ttlMs: number,
    result?: { readonly bytes: Uint8Array; readonly keepMs: number }
  ): Promise<void> {
    await this.#jetStreams.with(async (jetStream) => {
      await this.#stream(jetStream, 'claims', ttlMs)
      for (let tries = 0; tries < maxTries; tries++) {
        const there = await this.#find(jetStream, 'claims', name)
        if (there !== undefined && ![held, claim].includes(there.data.toString())) return
        // The result is there before anybody can look for it.
        if (result !== undefined) {
          await this.#stream(jetStream, 'results', result.keepMs)
          await jetStream.publish(this.#subject('results', name), result.bytes)
        }
        if (await this.#put(jetStream, name, claim, there?.seq)) return
      }
      throw new Error('a claim comes and goes')
    })
  }

  async release(name: ClaimName, claim: string): Promise<void> {
    await this.#jetStreams.with(async (jetStream) => {
      const found = await this.#find(jetStream, 'claims', name)
      if (found?.data.toString() !== claim) return
      // That one message, whatever has come in its place meanwhile.
      const subject = `STREAM.MSG.DELETE.${this.#streamName('claims')}`
      await jetStream.api(subject, { seq: found.seq, no_erase: true }).catch(ignoreGone)
    })
  }

  /** Where the last message of that subject is the one of that number, or there is none; false where it is another. */
  async #put(jetStream: JetStream, name: ClaimName, claim: string, last = 0): Promise<boolean> {
    try {
      await jetStream.publish(this.#subject('claims', name), Buffer.from(claim), { last })
      return true
    } catch (err) {
      if (err instanceof JetStreamError && err.isConflict) return false
      throw err
    }
  }

  #find(jetStream: JetStream, kind: Kind, name: ClaimName): ReturnType<JetStream['last']> {
    return jetStream.last(this.#streamName(kind), this.#subject(kind, name))
  }

  #stream(jetStream: JetStream, kind: Kind, ageMs: number): Promise<void> {
    return jetStream.stream({
      name: this.#streamName(kind),
      subjects: [`${this.#prefix}.%once.${kind}.*.*`],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      num_replicas: this.#replicas,
      max_msgs_per_subject: 1,
      max_age: Math.max(1, ageMs) * nanosPerMs,
      // It may not be longer than the age.
      duplicate_window: Math.min(Math.max(100, ageMs), 120_000) * nanosPerMs
    })
  }

  #streamName(kind: Kind): string {
    return streamName(this.#prefix, `once_${kind}`)
  }

  /** Subjects of channels are one token behind the prefix. */
  #subject(kind: Kind, { group, key }: ClaimName): string {
    return `${this.#prefix}.%once.${kind}.${group}.${key}`
  }
}

/** Somebody was faster. */
function ignoreGone(err: unknown): void {
  if (!(err instanceof JetStreamError) || !err.isGone) throw err
}
